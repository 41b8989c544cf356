//! The other end of what a call dials: a test answers, or does not.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;

use tokio::io::DuplexStream;
use tokio::sync::oneshot;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;
use trunkline_call::{DialFault, DialSpec, PostSpec};

use super::super::super::reach::{Dialling, Reach};
use super::rig::pass;
use super::*;
use crate::dial::{Answer, AnswerSender};

/// Dials and requests in the order they were made. A clone is the same one.
#[derive(Clone, Default)]
pub(super) struct Exchange {
    dials: Rc<RefCell<VecDeque<Ring>>>,
    posts: Rc<RefCell<VecDeque<Post>>>,
}

/// A dial that is not answered yet.
pub(super) struct Ring {
    pub(super) spec: Arc<DialSpec>,
    answer: oneshot::Sender<Result<(DuplexStream, Vec<u8>), DialFault>>,
}

/// A request that is not answered yet.
type Post = (Arc<PostSpec>, AnswerSender);

/// A bot's own end of its socket.
pub(super) type Far = WebSocketStream<DuplexStream>;

impl Exchange {
    /// The next dial, once the call has been given the time to make it.
    pub(super) async fn ring(&self) -> Ring {
        pass(std::time::Duration::from_millis(1)).await;
        self.dials.borrow_mut().pop_front().expect("a dial")
    }

    /// Whether nobody is waiting.
    pub(super) fn is_quiet(&self) -> bool {
        self.dials.borrow().is_empty()
    }

    /// The next request.
    pub(super) async fn post(&self) -> Post {
        pass(std::time::Duration::from_millis(1)).await;
        self.posts.borrow_mut().pop_front().expect("a request")
    }
}

impl Ring {
    /// Answers, over a pipe that holds `pipe_bytes` each way; `early` came behind the upgrade.
    pub(super) async fn accept(self, pipe_bytes: usize, early: &[u8]) -> Far {
        let (near, far) = tokio::io::duplex(pipe_bytes);
        let answer = Ok((near, early.to_vec()));
        assert!(self.answer.send(answer).is_ok(), "the call waits");
        WebSocketStream::from_raw_socket(far, Role::Server, None).await
    }

    /// Nobody is there.
    pub(super) fn refuse(self, fault: DialFault) {
        assert!(self.answer.send(Err(fault)).is_ok(), "the call waits");
    }

    /// Whether the call waits no longer.
    pub(super) fn is_cancelled(&self) -> bool {
        self.answer.is_closed()
    }
}

impl Reach<DuplexStream> for Exchange {
    fn dial(&self, spec: Arc<DialSpec>) -> Dialling<DuplexStream> {
        let (answer, answered) = oneshot::channel();
        let max_message_bytes = spec.max_message_bytes;
        self.dials.borrow_mut().push_back(Ring { spec, answer });
        Dialling::new(async move {
            let (near, early) = answered.await.unwrap_or(Err(DialFault::Refused))?;
            let link = SocketLink::client(near, early, max_message_bytes);
            Ok(Box::new(link))
        })
    }

    fn post(&self, spec: Arc<PostSpec>) -> Answer {
        let (answer, sender) = Answer::channel();
        let sender = sender.expect("room");
        self.posts.borrow_mut().push_back((spec, sender));
        answer
    }
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Exchange")
    }
}
