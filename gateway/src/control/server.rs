//! The listener: accepts, speaks HTTP/1.1, and lets go of what was upgraded.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::{Gateway, router};

/// How long a client may take over its request's headers.
const HEADERS: Duration = Duration::from_secs(10);

/// How long a connection may be kept, whatever it does; a scraper connects again. An upgraded socket has
/// left by then. Bounds what somebody holds who asks and never reads the answers.
const CONNECTION: Duration = Duration::from_secs(60);

/// Connections that are not media yet, at once. The next waits in the kernel's queue.
const HANDSHAKES: usize = 4_096;

/// How long to rest when the system has no descriptors left.
const EXHAUSTED: Duration = Duration::from_millis(50);

/// Accepts until it is dropped.
///
/// # Errors
/// None today: a listener that cannot accept is waited for.
pub async fn serve(listener: TcpListener, gateway: Arc<Gateway>) -> io::Result<()> {
    let service = router(gateway);
    let handshakes = Arc::new(Semaphore::new(HANDSHAKES));
    loop {
        // The permit comes before the accept: what cannot be served is not taken.
        let Ok(permit) = Arc::clone(&handshakes).acquire_owned().await else {
            return Ok(());
        };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "accept failed");
                tokio::time::sleep(EXHAUSTED).await;
                continue;
            }
        };
        let service = service.clone();
        tokio::spawn(async move {
            connection(stream, service).await;
            drop(permit);
        });
    }
}

/// One connection, until it is closed or upgraded, or its time is over.
async fn connection<S>(stream: S, service: axum::Router)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades();
    match tokio::time::timeout(CONNECTION, serving).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "connection broken"),
        Err(_) => tracing::debug!("connection kept too long"),
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use tokio::io::AsyncWriteExt;

    use super::*;

    /// Paused time: nothing but a timer can end a connection whose peer does nothing.
    #[tokio::test(start_paused = true)]
    async fn who_reads_no_answers_does_not_stay() {
        let (near, mut far) = tokio::io::duplex(1_024);
        let page = get(|| async { "x".repeat(1_024 * 1_024) });
        let serving = tokio::spawn(connection(near, Router::new().route("/page", page)));
        let request = "GET /page HTTP/1.1\r\nHost: x\r\n\r\n".repeat(10);
        far.write_all(request.as_bytes()).await.expect("taken");
        let ended = tokio::time::timeout(CONNECTION * 10, serving).await;
        ended.expect("an end").expect("no panic");
    }
}
