use std::io::{self, Write};
use std::time::Duration;

use super::*;

fn times_s(seen: &[Seen]) -> Vec<f64> {
    seen.iter().map(|seen| seen.after_s).collect()
}

/// A call that is over at once: `call.initiated` and `call.canceled`.
async fn two_callbacks(server: &Server) -> Vec<Seen> {
    drop(server.call(&status_alone()));
    server.finished().await
}

#[tokio::test(start_paused = true)]
async fn a_refused_delivery_is_tried_again_after_1_2_4_8_and_16_s_and_the_next_follows() {
    let server = Server::answering(&[Answer::Status(500)]);
    let seen = two_callbacks(&server).await;
    let first = [0.0, 1.0, 3.0, 7.0, 15.0, 31.0];
    let both: Vec<_> = first.into_iter().chain(first.map(|s| s + 31.0)).collect();
    assert_eq!(times_s(&seen), both);
    let events = events(&seen);
    assert!(events[..6].iter().all(|event| event == "call.initiated"));
    assert!(events[6..].iter().all(|event| event == "call.canceled"));
    let bodies: Vec<_> = seen[..6].iter().map(|seen| &seen.spec.body).collect();
    assert!(
        bodies.iter().all(|body| *body == bodies[0]),
        "the same each time"
    );
    assert_eq!(server.counted(), [2, 0, 2, 0]);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_has_10_s() {
    let server = Server::answering(&[Answer::Silence]);
    let seen = two_callbacks(&server).await;
    assert_eq!(times_s(&seen)[..6], [0.0, 11.0, 23.0, 37.0, 55.0, 81.0]);
    assert!(seen.iter().all(|seen| seen.spec.timeout_ms == 10_000));
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_succeeds_at_last_is_not_tried_again() {
    let unknown = Answer::Fault(DialFault::UnknownHost);
    let server = Server::answering(&[unknown, Answer::Status(302), Answer::Status(201)]);
    let seen = two_callbacks(&server).await;
    assert_eq!(times_s(&seen), [0.0, 1.0, 3.0, 3.0]);
    assert_eq!(server.counted(), [2, 2, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_gone_gets_no_more_of_this_call() {
    let server = Server::answering(&[Answer::Status(410), Answer::Status(200)]);
    let seen = two_callbacks(&server).await;
    assert_eq!(events(&seen), ["call.initiated"]);
    assert_eq!(server.counted(), [2, 0, 2, 0]);
    assert_eq!(
        two_callbacks(&server).await.len(),
        2,
        "the next call's are sent"
    );
}

/// They go to two servers.
#[tokio::test(start_paused = true)]
async fn a_dead_status_server_does_not_delay_the_webhook_s() {
    let server = Server::answering(&[Answer::Silence, Answer::Status(200)]);
    drop(server.call(&CallbackSpec {
        status: Some(status_target()),
        ended: Some(ended_target()),
    }));
    let seen = server.finished().await;
    let last = seen.iter().find(|seen| seen.event() == "agent.call_ended");
    assert_eq!(last.map(|seen| seen.after_s), Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn a_call_has_a_bounded_number_waiting_and_its_end_among_them() {
    let server = Server::answering(&[Answer::Silence]);
    let mut notes = server.call(&status_alone());
    notes.take_down(&live());
    for _ in 0..40 {
        // One by one, as a shard hands them over.
        tokio::task::yield_now().await;
        notes.take_down(&wanted(Referral::to("101")));
    }
    tokio::task::yield_now().await;
    notes.take_down(&ended(Ending::CallerHungUp, Vec::new()));
    let mut told = events(&server.finished().await);
    told.dedup();
    assert_eq!(told.last().map(String::as_str), Some("call.completed"));
    let [queued, delivered, failed, dropped] = server.counted();
    // One under way, 16 behind it, and the end.
    assert_eq!((queued, delivered, failed), (18, 0, 18));
    assert_eq!(queued + dropped, 2 + 40 + 1);
}

#[tokio::test(start_paused = true)]
async fn beyond_the_bound_of_the_process_callbacks_are_dropped_and_counted() {
    let server = Server::bounded(3, &[Answer::Status(503)]);
    drop(server.call(&status_alone()));
    drop(server.call(&status_alone()));
    let seen = server.finished().await;
    assert_eq!(seen.len(), 3 * 6);
    assert_eq!(server.counted(), [3, 0, 3, 1]);
    // Their places are free again.
    drop(server.call(&status_alone()));
    server.finished().await;
    assert_eq!(server.counted(), [5, 0, 5, 1]);
}

#[tokio::test(start_paused = true)]
async fn what_is_pending_when_the_time_is_over_is_lost_and_counted() {
    let server = Server::answering(&[Answer::Silence]);
    drop(server.call(&status_alone()));
    let began = Instant::now();
    let lost = server.callbacks.finish(Duration::from_secs(3)).await;
    assert_eq!((lost, began.elapsed()), (2, Duration::from_secs(3)));
    assert_eq!(server.counted(), [2, 0, 2, 0]);
    let idle = Server::answering(&[Answer::Status(200)]);
    let began = Instant::now();
    assert_eq!(idle.callbacks.finish(Duration::from_secs(3)).await, 0);
    assert_eq!(began.elapsed(), Duration::ZERO, "nothing to wait for");
}

/// Lines that were written.
#[derive(Clone, Debug, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        locked(&self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn giving_up_is_logged_without_path_query_or_secret() {
    let lines = Lines::default();
    let writer = lines.clone();
    let _log = tracing::subscriber::set_default(
        tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish(),
    );
    let server = Server::answering(&[Answer::Fault(DialFault::Refused)]);
    two_callbacks(&server).await;
    let written = locked(&lines.0);
    let written = String::from_utf8_lossy(&written);
    assert_eq!(written.matches("callback not delivered").count(), 2);
    for part in ["https://bot.example.com:8443\"", "call.canceled", "refused"] {
        assert!(written.contains(part), "{part:?} is not in:\n{written}");
    }
    for secret in ["/cb", "tok3n", "key", "s3cret", "whsec"] {
        assert!(!written.contains(secret), "{secret:?} is in:\n{written}");
    }
}
