//! A name server that does not answer.

use super::super::resolve::LOOKUPS;
use super::*;

/// Lets everything be done that can be.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn names_that_are_still_looked_up_when_nobody_waits_any_more_keep_their_places() {
    let script = ResolverScript::hanging();
    let resolver = Resolver::Scripted(script.clone());
    let dialer = start(&[], resolver, Roots::default());
    let spec = || DialSpec {
        connect_ms: 1_000,
        ..dial_spec("wss://bot.test/")
    };
    let mut dials: Vec<_> = (0..LOOKUPS)
        .map(|_| dialer.dial(Arc::new(spec())))
        .collect();
    settle().await;
    assert_eq!(script.asked().len(), LOOKUPS);
    // Half of those who dialled go, and the others wait until they may no longer.
    drop(dials.split_off(LOOKUPS / 2));
    for dial in dials {
        let dialled = dial.await.expect("an answer");
        assert_eq!(dialled.expect_err("not reached"), DialFault::TimedOut);
    }
    assert_eq!(refused(&dialer), 0);
    let began = Instant::now();
    for refusals in 1..=3 {
        assert_eq!(fault(&dialer, spec()).await, DialFault::TimedOut);
        assert_eq!(refused(&dialer), refusals);
    }
    assert_eq!(began.elapsed(), Duration::ZERO, "at once");
    // An address is none to be looked up.
    let address = dial_spec("wss://127.0.0.1/");
    assert_eq!(fault(&dialer, address).await, DialFault::Blocked);
    script.release(LOOKUPS + 1);
    settle().await;
    assert_eq!(fault(&dialer, spec()).await, DialFault::UnknownHost);
    assert_eq!(refused(&dialer), 3);
}
