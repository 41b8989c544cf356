use bytes::Bytes;
use tokio::net::{TcpListener, TcpStream};
use trunkline_call::CallConfig;
use trunkline_call::caller::TwilioLeg;

use super::*;
use crate::agents::AgentSpec;
use crate::calls::{CallId, Calls};
use crate::telemetry::Meters;

/// A shard without a thread, and what is dealt to it.
fn shard(load: usize) -> (Shard, mpsc::Receiver<NewCall>) {
    let (inbox, new_calls) = mpsc::channel(1);
    let shard = Shard {
        inbox,
        calls: Arc::new(AtomicUsize::new(load)),
        thread: None,
    };
    (shard, new_calls)
}

async fn call(calls: &Arc<Calls>) -> NewCall {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let stream = TcpStream::connect(address).await.expect("a connection");
    let id = CallId::random().expect("randomness");
    let entered = calls.enter(id, "twilio").expect("room");
    NewCall {
        info: CallInfo::default(),
        socket: Newborn::take(stream, &Bytes::new()).expect("a socket"),
        caller: CallerLeg::Twilio(TwilioLeg::new()),
        route: Route {
            spec: AgentSpec::Echo,
            fallbacks: Vec::new(),
            config: Arc::new(CallConfig::default()),
            callbacks: None,
        },
        max_message_bytes: 1_024,
        mailbox: entered.mailbox,
        reporter: entered.reporter,
        guard: entered.guard,
    }
}

/// A dead shard has no load, and is the first to be asked for that.
#[tokio::test]
async fn a_dead_or_full_shard_leaves_its_calls_to_the_others() {
    let meters = Arc::new(Meters::new().expect("meters"));
    let (calls, _reports) = Calls::new(8, meters);
    let (dead, inbox_of_dead) = shard(0);
    drop(inbox_of_dead);
    let (busy, mut inbox_of_busy) = shard(5);
    let (busier, mut inbox_of_busier) = shard(7);
    let shards = Shards {
        shards: vec![busier, dead, busy],
    };
    shards.deal(call(&calls).await).expect("room");
    assert!(
        inbox_of_busy.try_recv().is_ok(),
        "the less loaded of the two"
    );
    shards.deal(call(&calls).await).expect("room");
    shards
        .deal(call(&calls).await)
        .expect("room beside the full one");
    assert!(inbox_of_busier.try_recv().is_ok());
    let loads = shards.shards.iter();
    let loads: Vec<_> = loads.map(|s| s.calls.load(Ordering::Relaxed)).collect();
    assert_eq!(loads, [8, 0, 7]);
    shards.deal(call(&calls).await).expect("room once more");
    let refused = shards.deal(call(&calls).await);
    assert_eq!(refused, Err(Overloaded));
}
