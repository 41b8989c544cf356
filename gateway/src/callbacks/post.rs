//! The seam to whatever makes HTTP requests.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use trunkline_call::{DialFault, Down, PostSpec};

use crate::dial::Dialer;

/// Makes one HTTP POST, signed as its spec says, and gives the status of the answer, whose content is of no interest.
/// Dropping the future aborts the request.
#[derive(Clone)]
pub struct Post(Arc<Request>);

type Request = dyn Fn(Arc<PostSpec>) -> BoxFuture<'static, Result<u16, DialFault>> + Send + Sync;

impl Post {
    /// By this function.
    pub fn new(
        post: impl Fn(Arc<PostSpec>) -> BoxFuture<'static, Result<u16, DialFault>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self(Arc::new(post))
    }

    /// Over the network.
    pub fn over(dialer: Dialer) -> Self {
        Self::new(move |spec| {
            let answer = dialer.post(spec);
            Box::pin(async move { answer.status().await.map_err(fault) })
        })
    }

    /// By nothing: every request is refused.
    pub fn unavailable() -> Self {
        Self::new(|_| Box::pin(std::future::ready(Err(DialFault::Blocked))))
    }

    pub(super) fn send(&self, spec: &Arc<PostSpec>) -> BoxFuture<'static, Result<u16, DialFault>> {
        (self.0)(Arc::clone(spec))
    }
}

const fn fault(down: Down) -> DialFault {
    match down {
        Down::NotReached(fault) => fault,
        // In the middle of an answer: nobody knows whether the server has it.
        Down::Finished | Down::Lost | Down::Unavailable | Down::Busy => DialFault::Refused,
    }
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Post")
    }
}
