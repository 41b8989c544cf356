//! How calls of a shard reach others: what is dialled comes from control, and belongs to the call from then on.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use trunkline_call::{DialFault, DialSpec, PostSpec};

use super::link::SocketLink;
use super::transport::Transport;
use crate::dial::{Answer, Dialer};

/// Whoever dials for a shard.
pub(super) trait Reach<S>: fmt::Debug {
    /// Dials a WebSocket. Dropping what is given cancels.
    fn dial(&self, spec: Arc<DialSpec>) -> Dialling<S>;

    /// Makes a request. Dropping the answer aborts it.
    fn post(&self, spec: Arc<PostSpec>) -> Answer;
}

/// A WebSocket on its way: the link, or why there is none.
pub(super) struct Dialling<S>(Pin<Box<dyn Future<Output = Dialled<S>>>>);

type Dialled<S> = Result<Box<SocketLink<S>>, DialFault>;

impl<S> Dialling<S> {
    /// What this future comes to.
    pub(super) fn new(dialling: impl Future<Output = Dialled<S>> + 'static) -> Self {
        Self(Box::pin(dialling))
    }

    /// Ready once.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Dialled<S>> {
        self.0.as_mut().poll(cx)
    }
}

impl<S> fmt::Debug for Dialling<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dialling")
    }
}

impl Reach<Transport> for Dialer {
    fn dial(&self, spec: Arc<DialSpec>) -> Dialling<Transport> {
        let max_message_bytes = spec.max_message_bytes;
        let dialled = self.dial(spec);
        Dialling::new(async move {
            // A sender that is gone without a word went with the control runtime.
            let newborn = dialled.await.unwrap_or(Err(DialFault::Refused))?;
            let adopted = newborn.adopt();
            let (transport, early) = adopted.map_err(|_| DialFault::Refused)?;
            let link = SocketLink::client(transport, early, max_message_bytes);
            Ok(Box::new(link))
        })
    }

    fn post(&self, spec: Arc<PostSpec>) -> Answer {
        self.post(spec)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::ready;
    use std::time::Duration;

    use bytes::BytesMut;
    use trunkline_call::{Down, Frame, SendKind};

    use super::*;
    use crate::dial::tests::dial_spec;
    use crate::dial::tests::secure::{Authority, believing, echo};

    /// The next message of a link, sending what is left meanwhile.
    async fn next(link: &mut SocketLink<Transport>) -> Result<String, Down> {
        poll_fn(|cx| {
            if let Poll::Ready(Err(why)) = link.poll_flush(cx) {
                return Poll::Ready(Err(why));
            }
            loop {
                match ready!(link.poll_frame(cx)) {
                    Ok(Frame::Text(text)) => return Poll::Ready(Ok(text.to_owned())),
                    Ok(Frame::Alive | Frame::Closing { .. }) => {}
                    Ok(other) => panic!("{other:?}"),
                    Err(why) => return Poll::Ready(Err(why)),
                }
            }
        })
        .await
    }

    /// From control to a runtime like a shard's, under TLS, with what was said before the move.
    #[test]
    fn a_socket_under_tls_lives_on_a_shard() {
        let control = tokio::runtime::Runtime::new().expect("a runtime");
        let (dialer, spec) = control.block_on(async {
            let authority = Authority::new();
            let port = echo(authority.server("bot.test", true)).await;
            let spec = dial_spec(&format!("wss://bot.test:{port}/"));
            (believing(authority.roots()), spec)
        });
        let shard = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build_local(tokio::runtime::LocalOptions::default())
            .expect("a runtime");
        let talk = async {
            let mut dialling = Reach::dial(&dialer, Arc::new(spec));
            let mut link = poll_fn(|cx| dialling.poll(cx)).await.expect("reached");
            assert_eq!(next(&mut link).await.as_deref(), Ok("hello"));
            for length in [1, 5_000, 16_000] {
                let text = "x".repeat(length);
                let mut message = BytesMut::from(text.as_str());
                link.push(SendKind::Text, &mut message).expect("taken");
                assert!(
                    next(&mut link).await == Ok(text),
                    "{length} bytes come back"
                );
            }
            link.close(1000).expect("taken");
            assert_eq!(next(&mut link).await, Err(Down::Finished));
        };
        shard.block_on(async {
            let patience = Duration::from_secs(20);
            tokio::time::timeout(patience, talk).await.expect("in time");
        });
    }
}
