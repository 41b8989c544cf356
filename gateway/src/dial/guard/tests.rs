use super::*;

fn guard(allow: &[&str]) -> Guard {
    let allow = allow.iter().map(|entry| entry.parse().expect("an entry"));
    Guard::new(allow.collect())
}

fn check(guard: &Guard, url: &str) -> Result<Target, Blocked> {
    guard.check_url(&Url::parse(url).expect("a URL"))
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap_or_else(|_| panic!("{text}"))
}

fn host(name: &str) -> Target {
    check(&guard(&[]), &format!("wss://{name}/")).expect("public")
}

/// The last public address before a network that is not, its first and its last address, and the first public one
/// behind it; `-` where there is none.
const V4: &str = "
    -  0.0.0.0  0.255.255.255  1.0.0.0
    9.255.255.255  10.0.0.0  10.255.255.255  11.0.0.0
    100.63.255.255  100.64.0.0  100.127.255.255  100.128.0.0
    126.255.255.255  127.0.0.0  127.255.255.255  128.0.0.0
    169.253.255.255  169.254.0.0  169.254.255.255  169.255.0.0
    172.15.255.255  172.16.0.0  172.31.255.255  172.32.0.0
    191.255.255.255  192.0.0.0  192.0.0.255  192.0.1.0
    192.0.1.255  192.0.2.0  192.0.2.255  192.0.3.0
    192.88.98.255  192.88.99.0  192.88.99.255  192.88.100.0
    192.167.255.255  192.168.0.0  192.168.255.255  192.169.0.0
    198.17.255.255  198.18.0.0  198.19.255.255  198.20.0.0
    198.51.99.255  198.51.100.0  198.51.100.255  198.51.101.0
    203.0.112.255  203.0.113.0  203.0.113.255  203.0.114.0
    223.255.255.255  224.0.0.0  239.255.255.255  -
    -  240.0.0.0  255.255.255.255  -
";

/// The same. What is not in 2000::/3 is nobody's, and IPv4 within IPv6 is judged as IPv4.
const V6: &str = "
    -  ::  ::1  -
    -  ::2  ::ffff:ffff  -
    -  100::  1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff  2000::
    2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff  2001::  2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff  2001:200::
    2001:db7:ffff:ffff:ffff:ffff:ffff:ffff  2001:db8::  2001:db8:ffff:ffff:ffff:ffff:ffff:ffff  2001:db9::
    3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff  3fff::  3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff  3fff:1000::
    3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff  4000::  fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff  -
    -  fc00::  fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff  -
    -  fe00::  fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff  -
    -  fe80::  febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff  -
    -  fec0::  feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff  -
    -  ff00::  ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff  -
    ::ffff:9.255.255.255  ::ffff:10.0.0.0  ::ffff:10.255.255.255  ::ffff:11.0.0.0
    ::ffff:126.255.255.255  ::ffff:127.0.0.0  ::ffff:127.255.255.255  ::ffff:128.0.0.0
    64:ff9b::169.253.255.255  64:ff9b::169.254.0.0  64:ff9b::169.254.255.255  64:ff9b::169.255.0.0
    -  64:ff9b::1:0:0  64:ff9b:0:0:ffff:ffff:ffff:ffff  -
    -  64:ff9b:1::  64:ff9b:1:ffff:ffff:ffff:ffff:ffff  -
    2002:9ff:ffff:ffff:ffff:ffff:ffff:ffff  2002:a00::  2002:aff:ffff:ffff:ffff:ffff:ffff:ffff  2002:b00::
";

#[test]
fn no_network_but_the_public_one_is_reached() {
    let guard = guard(&[]);
    let target = host("bot.example.com");
    let judge = |text: &str| {
        let resolved = guard.check_address(&target, address(text));
        let written = check(&guard, &url_of(address(text))).map(|_| ());
        assert_eq!(resolved, written, "{text}");
        resolved
    };
    let rows = V4.lines().chain(V6.lines()).filter(|row| !row.is_empty());
    let mut checked = 0;
    for row in rows {
        let [before, first, last, behind] = row.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{row}");
        };
        for outside in [before, behind].into_iter().filter(|text| *text != "-") {
            assert_eq!(judge(outside), Ok(()), "{outside}");
        }
        for inside in [first, last] {
            let judged = judge(inside);
            let blocked = matches!(judged, Err(Blocked::Address { .. }));
            assert!(blocked, "{inside}: {judged:?}");
        }
        checked += 1;
    }
    assert_eq!(checked, 33, "networks");
}

fn url_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => format!("wss://{v4}/"),
        IpAddr::V6(v6) => format!("wss://[{v6}]/"),
    }
}

#[test]
fn an_address_is_the_same_however_it_is_written() {
    for url in [
        "wss://2130706433/",
        "wss://0x7f000001/",
        "wss://0x7f.1/",
        "wss://0177.0.0.1/",
        "wss://127.1/",
        "wss://127.0.0.1./",
        "wss://%31%32%37.0.0.1/",
        "wss://１２７.0.0.1/",
        "wss://[::ffff:7f00:1]/",
        "wss://user:pass@127.0.0.1/",
        "https://127.0.0.1:8443/",
    ] {
        let judged = check(&guard(&[]), url);
        assert!(
            matches!(
                judged,
                Err(Blocked::Address {
                    kind: "loopback",
                    ..
                })
            ),
            "{url}: {judged:?}"
        );
        assert!(check(&guard(&["127.0.0.1"]), url).is_ok(), "{url}");
    }
}

#[test]
fn only_what_is_on_the_list_is_dialled_without_tls() {
    let public = address("9.9.9.9");
    for (allow, url, at_once, once_resolved) in [
        (&[][..], "ws://bot.example.com/", false, false),
        (&["bot.example.com"], "ws://bot.example.com/", true, true),
        (&["bot.example.com:80"], "ws://bot.example.com/", true, true),
        (
            &["bot.example.com:81"],
            "ws://bot.example.com/",
            false,
            false,
        ),
        (
            &["other.example.com"],
            "ws://bot.example.com/",
            false,
            false,
        ),
        (&["9.9.9.0/24"], "http://bot.example.com/", true, true),
        (&["8.8.8.0/24"], "http://bot.example.com/", true, false),
        (&[], "http://9.9.9.9/", false, false),
        (&["9.9.9.9"], "http://9.9.9.9/", true, true),
        (&["9.9.9.9:81"], "http://9.9.9.9/", false, false),
    ] {
        let guard = guard(allow);
        let target = match check(&guard, url) {
            Ok(target) => target,
            Err(Blocked::Plaintext(_)) if !at_once => continue,
            other => panic!("{allow:?} {url}: {other:?}"),
        };
        assert!(at_once, "{allow:?} {url}");
        let judged = guard.check_address(&target, public);
        assert_eq!(judged.is_ok(), once_resolved, "{allow:?} {url}: {judged:?}");
    }
}

#[test]
fn a_name_on_the_list_leads_wherever_it_leads_and_no_other_does() {
    let guard = guard(&["bots.internal:9000", "10.1.0.0/16"]);
    let named = check(&guard, "ws://bots.internal:9000/").expect("on the list");
    assert_eq!(
        guard.check_address(&named, address("169.254.169.254")),
        Ok(())
    );
    let other_port = check(&guard, "wss://bots.internal/").expect("TLS");
    assert!(
        guard
            .check_address(&other_port, address("192.168.0.1"))
            .is_err()
    );
    assert_eq!(
        guard.check_address(&other_port, address("::ffff:10.1.2.3")),
        Ok(())
    );
    assert!(
        guard
            .check_address(&other_port, address("10.2.0.0"))
            .is_err()
    );
}

#[test]
fn other_kinds_of_urls_are_not_dialled() {
    for (url, wanted) in [
        ("ftp://example.com/", Blocked::Scheme),
        ("file:///etc/passwd", Blocked::Scheme),
        ("data:text/plain,x", Blocked::Scheme),
        ("gopher://example.com:70/", Blocked::Scheme),
        ("unix:/run/socket", Blocked::Scheme),
        ("wss://example.com/#a", Blocked::Fragment),
        ("wss://example.com/#", Blocked::Fragment),
    ] {
        let blocked = check(&guard(&["0.0.0.0/0", "example.com"]), url).expect_err(url);
        assert_eq!(blocked, wanted, "{url}");
        assert_eq!(DialFault::from(&blocked), DialFault::BadRequest);
    }
    let long = format!("wss://example.com/{}", "a".repeat(MAX_URL_BYTES));
    assert!(matches!(check(&guard(&[]), &long), Err(Blocked::Length(_))));
}

#[test]
fn a_target_says_what_is_dialled_and_shows_no_credential() {
    let guard = guard(&[]);
    let url = "wss://us%20er:p%40ss@Bot.Example.com:443/a/b?key=k3y";
    let target = check(&guard, url).expect("public");
    assert_eq!(target.authority(), "bot.example.com");
    assert_eq!(target.path.expose(), "/a/b?key=k3y");
    // base64 of `us er:p@ss`
    let authorization = target.authorization.as_ref().map(Secret::expose);
    assert_eq!(authorization, Some("Basic dXMgZXI6cEBzcw=="));
    assert_eq!(
        target.url(Scheme::Wss).expose(),
        "wss://bot.example.com/a/b?key=k3y"
    );
    assert_eq!(format!("{target:?}"), "Target(wss://bot.example.com:443)");
    let v6 = check(&guard, "https://[2606:4700::1]:8443").expect("public");
    assert_eq!(v6.to_string(), "https://[2606:4700::1]:8443");
    assert_eq!(v6.authority(), "[2606:4700::1]:8443");
    assert_eq!(v6.path.expose(), "/");
    assert_eq!(v6.authorization, None);
}

#[test]
fn a_block_names_host_and_port_alone() {
    let blocked = check(&guard(&[]), "wss://u:secret@10.0.0.1/secret?secret").expect_err("private");
    assert_eq!(
        blocked.to_string(),
        "10.0.0.1:443 is private, and not on the list of what may be dialled all the same"
    );
    assert_eq!(DialFault::from(&blocked), DialFault::Blocked);
    let blocked = check(&guard(&[]), "http://bot.example.com/secret").expect_err("without TLS");
    assert_eq!(
        blocked.to_string(),
        "bot.example.com:80 is not on the list of what may be dialled without TLS"
    );
}
