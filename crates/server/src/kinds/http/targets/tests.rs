use super::*;

fn targets(allow: &[&str], deny: &[&str]) -> Targets {
    let allowed = allow
        .iter()
        .try_fold(Targets::nowhere(), |all, rule| all.allow(rule));
    deny.iter()
        .try_fold(allowed.unwrap(), |all, rule| all.deny(rule))
        .unwrap()
}

/// What is said against a name that means an address.
fn said(targets: &Targets, name: &str, address: &str, port: u16) -> Option<String> {
    let checked = targets.check(name, address.parse().unwrap(), port);
    checked.err().map(|refused| refused.to_string())
}

/// Addresses that are no public ones, plain and in disguise.
const PRIVATE: &[&str] = &[
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.9.9.9",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::2",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:a00:1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:2::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "4000::1",
];

/// Public addresses, many of them neighbours of those that are not.
const PUBLIC: &[&str] = &[
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.0.1",
    "172.32.0.1",
    "192.0.1.1",
    "198.17.0.1",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450::1",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
    "::ffff:8.8.8.8",
];

#[test]
fn what_is_not_public_is_refused_in_all_its_clothes() {
    let public = Targets::public();
    for address in PRIVATE {
        let said =
            said(&public, "", address, 80).unwrap_or_else(|| panic!("{address} is let through"));
        assert!(said.contains("is not public ("), "{said}");
        let anywhere = self::said(&Targets::default(), "", address, 80);
        assert_eq!(anywhere, None, "{address}");
    }
    let private = targets(&["private"], &[]);
    for address in PUBLIC {
        assert_eq!(said(&public, "", address, 80), None, "{address}");
        assert!(said(&private, "", address, 80).is_some(), "{address}");
    }
}

#[test]
fn denying_wins_by_name_by_address_and_in_disguise() {
    let all = targets(
        &["*", "10.0.0.5"],
        &["10.0.0.0/8", "*.example.org", "bad.test:80"],
    );
    for (name, address, port, rule) in [
        ("", "10.0.0.5", 80, "10.0.0.0/8"),
        ("good.test", "10.0.0.5", 80, "10.0.0.0/8"),
        ("", "::ffff:10.0.0.5", 80, "10.0.0.0/8"),
        ("", "64:ff9b::10.0.0.5", 80, "10.0.0.0/8"),
        ("", "64:ff9b:1::10.0.0.5", 80, "10.0.0.0/8"),
        ("", "2002:a00:5::1", 80, "10.0.0.0/8"),
        ("a.b.example.org", "8.8.8.8", 80, "*.example.org"),
        ("bad.test", "8.8.8.8", 80, "bad.test:80"),
    ] {
        let said = said(&all, name, address, port).unwrap();
        assert!(
            said.ends_with(&format!("is denied by the rule \"{rule}\"")),
            "{said}"
        );
    }
    assert_eq!(said(&all, "bad.test", "8.8.8.8", 443), None);
    assert_eq!(
        said(&all, "example.org", "127.0.0.1", 80),
        None,
        "below it, not itself"
    );
    assert_eq!(said(&all, "anexample.org", "127.0.0.1", 80), None);
}

#[test]
fn a_name_opens_no_way_into_private_networks() {
    let some = targets(&["hooks.test:443", "*.example.org", "10.1.0.0/16"], &[]);
    assert_eq!(said(&some, "hooks.test", "8.8.8.8", 443), None);
    assert_eq!(
        said(&some, "a.example.org", "10.1.2.3", 80),
        None,
        "by its address"
    );
    assert_eq!(
        said(&some, "a.example.org", "169.254.169.254", 80).unwrap(),
        "the target a.example.org at 169.254.169.254 is not public (link-local, cloud metadata), and \
         no rule allows that address"
    );
    assert_eq!(
        said(&some, "hooks.test", "8.8.8.8", 80).unwrap(),
        "the target hooks.test at 8.8.8.8 is allowed by no rule"
    );
    assert!(
        said(&some, "", "8.8.8.8", 443).is_some(),
        "the name was not given"
    );
}

#[test]
fn what_a_server_allows_follows_from_who_can_reach_it() {
    for (address, targets) in [
        ("127.0.0.1", Targets::default()),
        ("::1", Targets::default()),
        ("::ffff:127.0.0.1", Targets::default()),
        ("0.0.0.0", Targets::public()),
        ("::", Targets::public()),
        ("10.0.0.1", Targets::public()),
    ] {
        assert_eq!(
            Targets::of_listener(address.parse().unwrap()),
            targets,
            "{address}"
        );
    }
}

#[test]
fn a_url_is_checked_by_the_host_that_it_really_has() {
    let all = targets(&["*"], &["127.0.0.0/8", "::1", "bad.test"]);
    for url in [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://example.org@127.0.0.1/",
        "http://user:8.8.8.8@127.0.0.1:80/",
        "http://[::1]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://１２７.0.0.1/",
        "http://127。0。0。1/",
        "http://bad.test/",
        "http://BAD.test./",
        "http://b%61d.test/",
        "http://example.org:80@bad.test/",
    ] {
        let refused = all.check_url(&Url::parse(url).unwrap());
        assert!(refused.is_err(), "{url}");
    }
    for url in [
        "http://bad.test@example.org/",
        "http://example.org/127.0.0.1",
        "http://[::2]/",
    ] {
        assert_eq!(all.check_url(&Url::parse(url).unwrap()), Ok(()), "{url}");
    }
}

#[test]
fn a_rule_is_text_and_back() {
    for text in [
        "*",
        "*:80",
        "public",
        "private:1-1023",
        "example.org",
        "*.example.org:443",
        "10.0.0.0/8",
        "10.0.0.1",
        "10.0.0.0/8:80",
        "fd00::1",
        "fd00::/8",
        "[fd00::/8]:443",
        "[::1]:0-65534",
        "0.0.0.0/0",
        "::/0",
        "xn--bcher-kva.example",
    ] {
        assert_eq!(text.parse::<Rule>().unwrap().to_string(), text);
    }
    for (text, plain) in [
        ("EXAMPLE.org.", "example.org"),
        ("Public:80", "public:80"),
        ("PRIVATE", "private"),
        ("example。org。", "example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("10.0.0.1/32", "10.0.0.1"),
        ("[::1]", "::1"),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("a:0-65535", "a"),
    ] {
        assert_eq!(text.parse::<Rule>().unwrap().to_string(), plain, "{text}");
    }
}

#[test]
fn what_is_no_rule_is_refused_and_says_why() {
    for (text, expected) in [
        ("", "names no host"),
        ("*.", "names no host"),
        ("public.", "names no host"),
        ("ｐrivate", "names no host"),
        (".", "names no host"),
        ("a..", "names no host"),
        ("a..org", "names no host"),
        ("*..org", "names no host"),
        ("*.*.org", "names no host"),
        ("a b", "names no host"),
        ("http://a/", "names no port"),
        ("a/b", "names no host"),
        ("user@a", "names no host"),
        ("2130706433", "names no host"),
        ("0x7f.1", "names no host"),
        ("[::1", "names no host"),
        ("[a]:80", "names no host"),
        ("[::1]80", "names no host"),
        (
            "10.0.0.1/8",
            "expected 10.0.0.0/8, the first address of that network",
        ),
        (
            "10.0.0.0/33",
            "expected a length of 0 to 32 after the slash",
        ),
        ("10.0.0.0/", "expected a length of 0 to 32"),
        ("10.0.0.0/+8", "expected a length of 0 to 32"),
        ("10.0.0.0/08", "expected a length of 0 to 32"),
        ("fd00::/129", "expected a length of 0 to 128"),
        ("a:", "names no port"),
        ("a:http", "names no port"),
        ("a:65536", "names no port"),
        ("a:2-1", "names no port"),
        ("a:+1", "names no port"),
    ] {
        let error = text.parse::<Rule>().unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn rules_have_a_bound_and_ports_have_borders() {
    let full = (0..RULES_MAX).try_fold(Targets::nowhere(), |all, _| all.deny("10.0.0.0/8"));
    assert_eq!(full.unwrap().deny("::1"), Err(InvalidRule::TooMany));
    assert_eq!(Targets::public().borders(), [0]);
    let some = targets(&["*:80", "*:443"], &["*:65535", "*:81-90"]);
    assert_eq!(some.borders(), [0, 80, 81, 91, 443, 444, 65535]);
}
