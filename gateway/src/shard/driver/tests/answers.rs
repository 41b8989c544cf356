//! The answer to a request, as a link.

use bytes::Bytes;
use trunkline_call::{DialFault, Down};

use super::bot::{POST, REDIAL};
use super::dialled::Stage;
use super::rig::on_a_shard;

#[test]
fn an_answer_is_heard_as_it_comes() {
    on_a_shard(async {
        let mut stage = Stage::set().await;
        stage.press(POST).await;
        assert_eq!(stage.lines(), ["1 up"], "at once");
        let (spec, answer) = stage.bots.post().await;
        assert_eq!(spec.body, Bytes::from_static(b"{}"));
        let head = answer.head(200, "application/json".to_owned()).await;
        head.expect("wanted");
        stage.settle().await;
        let wanted = r#"1 Http(Head { status: 200, content_type: "application/json" })"#;
        assert_eq!(stage.lines()[1..], [wanted]);
        for _ in 0..2 {
            answer
                .body(Bytes::from_static(b"{}"))
                .await
                .expect("wanted");
            stage.settle().await;
            let last = stage.lines().pop();
            assert_eq!(last.as_deref(), Some("1 Http(Body([123, 125]))"));
        }
        answer.end(Down::Finished);
        stage.settle().await;
        assert_eq!(stage.lines()[4..], ["1 Finished"]);
    });
}

#[test]
fn the_end_of_an_answer_says_why() {
    on_a_shard(async {
        for (why, told) in [
            (Down::Lost, "1 Lost"),
            (
                Down::NotReached(DialFault::TimedOut),
                "1 NotReached(TimedOut)",
            ),
        ] {
            let mut stage = Stage::set().await;
            stage.press(POST).await;
            let (_, answer) = stage.bots.post().await;
            answer.end(why);
            stage.settle().await;
            assert_eq!(stage.lines(), ["1 up", told]);
            assert_eq!(stage.line.ended(), None, "the call goes on");
        }
    });
}

#[test]
fn an_answer_that_is_closed_is_not_wanted_any_more() {
    on_a_shard(async {
        let mut stage = Stage::set().await;
        stage.press(POST).await;
        let (_, answer) = stage.bots.post().await;
        stage.press(REDIAL).await;
        let told = answer.body(Bytes::from_static(b"{}")).await;
        assert!(told.is_err());
        assert_eq!(stage.lines(), ["1 up"]);
    });
}
