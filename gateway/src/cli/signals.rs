//! The signals that end a server.

use tokio::signal::unix::{SignalKind, signal};

/// Completes at SIGTERM or SIGINT, which are caught from the moment this returns.
pub(super) fn shutdown_signal() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
