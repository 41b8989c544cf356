use trunkline_call::{Down, Signing};

use super::far::{Far, Then, value};
use super::post::{not_reached, read};
use super::*;

const DONE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone";

fn redirect(status: u16, location: &str) -> String {
    format!("HTTP/1.1 {status} X\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
}

fn secretive(port: u16) -> Arc<PostSpec> {
    let mut spec = post_spec(&format!("http://127.0.0.1:{port}/first"));
    spec.headers = vec![
        header("Authorization", "Bearer t0ken"),
        header("X-Api-Key", "k3y"),
    ];
    spec.signing = Some(Signing::AgentPhone(Secret::new("whsec_test")));
    Arc::new(spec)
}

#[tokio::test]
async fn a_request_follows_three_times_and_no_more() {
    let (once, again) = (redirect(307, "/a?b"), redirect(308, "c"));
    let mut far = Far::answering(&[&once, &again, &once, DONE], Then::ShutsDown).await;
    let dialer = dialer(&["127.0.0.1"]);
    let done = read(&mut dialer.post(secretive(far.port))).await;
    assert_eq!(
        (done.content.as_slice(), done.end),
        (&b"done"[..], Some(Down::Finished))
    );
    for path in ["/first", "/a?b", "/c", "/a?b"] {
        let request = far.request().await;
        assert!(
            request.starts_with(&format!("POST {path} HTTP/1.1\r\n")),
            "{request}"
        );
        assert!(request.ends_with("{\"event\":\"x\"}"), "{request}");
        assert_eq!(value(&request, "Authorization"), Some("Bearer t0ken"));
        assert_eq!(value(&request, "X-Api-Key"), Some("k3y"));
        assert!(
            value(&request, "X-Webhook-Signature").is_some(),
            "{request}"
        );
    }
    let far = Far::answering(&[&once, &once, &once, &once, DONE], Then::ShutsDown).await;
    let told = read(&mut dialer.post(secretive(far.port))).await;
    assert_eq!(told, not_reached(DialFault::Status(307)));
}

#[tokio::test]
async fn another_server_is_shown_no_credential() {
    let mut other = Far::answering(&[DONE], Then::ShutsDown).await;
    let away = redirect(307, &format!("http://127.0.0.1:{}/other", other.port));
    let far = Far::answering(&[&away], Then::ShutsDown).await;
    let done = read(&mut dialer(&["127.0.0.1"]).post(secretive(far.port))).await;
    assert_eq!(done.end, Some(Down::Finished));
    let request = other.request().await;
    assert!(request.starts_with("POST /other HTTP/1.1\r\n"), "{request}");
    assert!(request.ends_with("{\"event\":\"x\"}"), "{request}");
    assert_eq!(
        value(&request, "Host"),
        Some(&*format!("127.0.0.1:{}", other.port))
    );
    for name in ["Authorization", "X-Api-Key", "X-Webhook-Signature"] {
        assert_eq!(value(&request, name), None, "{request}");
    }
}

/// A `Location` does not repeat the user name and password of the URL that was asked.
#[tokio::test]
async fn the_same_server_is_shown_the_credentials_of_the_url_again_and_another_is_not() {
    let mut other = Far::answering(&[DONE], Then::ShutsDown).await;
    let mut far = Far::new(|port| {
        vec![
            redirect(307, &format!("http://127.0.0.1:{port}/second")),
            redirect(307, &format!("http://127.0.0.1:{}/", other.port)),
        ]
    })
    .await;
    let spec = post_spec(&format!("http://us%65r:pw@127.0.0.1:{}/first", far.port));
    let done = read(&mut dialer(&["127.0.0.1"]).post(Arc::new(spec))).await;
    assert_eq!(done.end, Some(Down::Finished));
    for path in ["/first", "/second"] {
        let request = far.request().await;
        assert!(request.starts_with(&format!("POST {path} ")), "{request}");
        let wanted = Some("Basic dXNlcjpwdw==");
        assert_eq!(value(&request, "Authorization"), wanted, "{request}");
    }
    assert_eq!(value(&other.request().await, "Authorization"), None);
}

#[tokio::test]
async fn other_redirects_are_not_followed() {
    for status in [300, 301, 302, 303, 304] {
        let mut far = Far::answering(&[&redirect(status, "/a"), DONE], Then::ShutsDown).await;
        let told = read(&mut dialer(&["127.0.0.1"]).post(secretive(far.port))).await;
        assert_eq!(told, not_reached(DialFault::Status(status)));
        far.request().await;
        far.closed().await;
        assert!(!far.was_asked());
    }
}

#[tokio::test]
async fn a_redirect_leads_nowhere_the_guard_does_not() {
    let mut trap = Far::on("127.0.0.2", &[DONE], Then::ShutsDown).await;
    for (location, wanted) in [
        (
            format!("http://127.0.0.2:{}/", trap.port),
            DialFault::Blocked,
        ),
        (format!("http://0x7f.2:{}/", trap.port), DialFault::Blocked),
        (
            "http://169.254.169.254/latest".to_owned(),
            DialFault::Blocked,
        ),
        (format!("//127.0.0.2:{}/", trap.port), DialFault::Blocked),
        // Another scheme, be it a better one.
        (
            format!("https://127.0.0.1:{}/", trap.port),
            DialFault::Status(307),
        ),
        ("ws://127.0.0.1/".to_owned(), DialFault::Status(307)),
        ("file:///etc/passwd".to_owned(), DialFault::Status(307)),
        ("http://[::1".to_owned(), DialFault::Status(307)),
    ] {
        let far = Far::answering(&[&redirect(307, &location)], Then::ShutsDown).await;
        let told = read(&mut dialer(&["127.0.0.1"]).post(secretive(far.port))).await;
        assert_eq!(told, not_reached(wanted), "{location}");
    }
    assert!(!trap.was_asked());
}
