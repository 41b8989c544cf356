//! The answer to an HTTP request, on its way from control to whoever asked.

use std::future::poll_fn;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use trunkline_call::{DialFault, Down, Frame, HttpFrame};

/// Pieces of content on their way at once.
const PIECES: usize = 8;

/// The largest piece.
pub(super) const PIECE_BYTES: usize = 16 * 1_024;

/// The answer to one request. Dropping it aborts the request and closes its connection.
#[derive(Debug)]
pub struct Answer {
    pieces: mpsc::Receiver<Piece>,
    /// What the last frame borrows.
    current: Option<Piece>,
    request: Option<AbortHandle>,
}

#[derive(Debug)]
enum Piece {
    Head { status: u16, content_type: String },
    Body(Bytes),
    End(Down),
}

/// Where an answer comes from.
pub(crate) struct AnswerSender {
    pieces: mpsc::Sender<Piece>,
    /// Kept free, so that the end never waits.
    last: mpsc::OwnedPermit<Piece>,
}

/// Nobody wants the answer any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unwanted;

impl Answer {
    /// An answer, and what fills it; `None` where that cannot be made.
    pub(crate) fn channel() -> (Self, Option<AnswerSender>) {
        let (sender, pieces) = mpsc::channel(PIECES + 1);
        let last = sender.clone().try_reserve_owned().ok();
        let answer = Self {
            pieces,
            current: None,
            request: None,
        };
        let sender = last.map(|last| AnswerSender {
            pieces: sender,
            last,
        });
        (answer, sender)
    }

    /// What works on the answer, to be aborted with it.
    pub(super) fn set_request(&mut self, request: AbortHandle) {
        self.request = Some(request);
    }

    /// The next of it: one head, then content in pieces of at most 16 KiB. It borrows the answer and is gone with
    /// the next call.
    ///
    /// # Errors
    /// The end: [`Down::Finished`] behind the last of the content, [`Down::Lost`] where the connection broke in
    /// the middle of it, [`Down::NotReached`] where there is no answer, or it took too long, or is too long.
    pub fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Result<Frame<'_>, Down>> {
        self.current = None;
        let piece = std::task::ready!(self.pieces.poll_recv(cx));
        // A sender that is gone without a word went with the control runtime.
        let piece = piece.unwrap_or(Piece::End(Down::Lost));
        Poll::Ready(match self.current.insert(piece) {
            Piece::Head {
                status,
                content_type,
            } => Ok(Frame::Http(HttpFrame::Head {
                status: *status,
                content_type,
            })),
            Piece::Body(content) => Ok(Frame::Http(HttpFrame::Body(content))),
            Piece::End(why) => Err(*why),
        })
    }

    /// Its status. The content is not waited for: the request is aborted where it has not been read to its end by
    /// then, so that what becomes of the content is of no account.
    ///
    /// Cancel safe: dropping it aborts the request.
    ///
    /// # Errors
    /// The end, where it came before a head; as of [`poll_frame`](Self::poll_frame).
    pub async fn status(mut self) -> Result<u16, Down> {
        poll_fn(|cx| {
            loop {
                match std::task::ready!(self.poll_frame(cx)) {
                    Ok(Frame::Http(HttpFrame::Head { status, .. })) => {
                        return Poll::Ready(Ok(status));
                    }
                    // The head comes first.
                    Ok(_) => {}
                    Err(why) => return Poll::Ready(Err(why)),
                }
            }
        })
        .await
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(request) = &self.request {
            request.abort();
        }
    }
}

impl AnswerSender {
    /// The answer began.
    pub(crate) async fn head(&self, status: u16, content_type: String) -> Result<(), Unwanted> {
        let head = Piece::Head {
            status,
            content_type,
        };
        self.pieces.send(head).await.map_err(|_| Unwanted)
    }

    /// More of the content. Waits until there is room for it.
    pub(crate) async fn body(&self, mut content: Bytes) -> Result<(), Unwanted> {
        while !content.is_empty() {
            let piece = content.split_to(content.len().min(PIECE_BYTES));
            let sent = self.pieces.send(Piece::Body(piece)).await;
            sent.map_err(|_| Unwanted)?;
        }
        Ok(())
    }

    /// There is no more. Never waits.
    pub(crate) fn end(self, why: Down) {
        self.last.send(Piece::End(why));
    }

    /// Nobody was reached.
    pub(crate) fn not_reached(self, fault: DialFault) {
        self.end(Down::NotReached(fault));
    }
}
