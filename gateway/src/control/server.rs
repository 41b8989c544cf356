//! The listener: accepts, speaks HTTP/1.1, and lets go of what was upgraded.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::{Gateway, router};

/// How long a client may take over its request's headers.
const HEADERS: Duration = Duration::from_secs(10);

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

/// One connection, until it is closed or upgraded.
async fn connection(stream: TcpStream, service: axum::Router) {
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades()
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "connection broken");
    }
}
