//! Servers that answer beside one that does not.

use super::*;
use crate::callbacks::servers::{ATTEMPTS, PENDING};

/// One server never answers, the other takes everything. What they are asked is noted, with the time.
fn dead_and_alive() -> Server {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let book = Arc::clone(&seen);
    let began = Instant::now();
    let post = Post::new(move |spec| {
        let is_dead = spec.url.expose().starts_with("https://dead.example");
        let after_s = began.elapsed().as_secs_f64();
        locked(&book).push(Seen { after_s, spec });
        Box::pin(async move {
            if is_dead {
                std::future::pending::<()>().await;
            }
            Ok(200)
        })
    });
    let meters = Arc::new(Meters::new().expect("meters"));
    Server {
        seen,
        callbacks: Callbacks::with_bound(10_000, post, Arc::clone(&meters)),
        meters,
    }
}

fn at(url: &str) -> CallbackSpec {
    let target = StatusTarget {
        url: Secret::new(url),
        ..status_target()
    };
    CallbackSpec {
        status: Some(target),
        ended: None,
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_server_has_32_attempts_and_the_others_do_not_wait() {
    let server = dead_and_alive();
    for call in 0..400 {
        drop(server.call(&at(&format!("https://dead.example/{call}"))));
    }
    drop(server.call(&at("https://alive.example/")));
    let tenth = std::time::Duration::from_millis(100);
    assert!(server.callbacks.finish(tenth).await > 0);
    let seen = locked(&server.seen);
    let dead = |seen: &&Seen| seen.spec.url.expose().starts_with("https://dead.example/");
    assert_eq!(seen.iter().filter(dead).count(), ATTEMPTS);
    let alive: Vec<_> = seen.iter().filter(|seen| !dead(seen)).collect();
    assert_eq!(alive.len(), 2);
    assert!(alive.iter().all(|seen| seen.after_s == 0.0));
}

#[tokio::test(start_paused = true)]
async fn a_dead_server_has_1000_pending_and_leaves_room_for_the_others() {
    let server = dead_and_alive();
    // Two callbacks of each call.
    for _ in 0..PENDING / 2 + 5 {
        drop(server.call(&at("https://dead.example/")));
    }
    drop(server.call(&at("https://alive.example/")));
    let tenth = std::time::Duration::from_millis(100);
    assert_eq!(server.callbacks.finish(tenth).await, PENDING);
    let [queued, delivered, _, dropped] = server.counted();
    assert_eq!((queued, delivered, dropped), (1_002, 2, 10));
    // Given up at last, they leave their places to those to come.
    let hours = std::time::Duration::from_secs(36_000);
    assert_eq!(server.callbacks.finish(hours).await, 0);
    drop(server.call(&at("https://dead.example/")));
    assert_eq!(server.callbacks.finish(hours).await, 0);
    let [queued, _, _, dropped] = server.counted();
    assert_eq!((queued, dropped), (1_004, 10));
}
