//! Pauses and verdicts.

use super::*;
use crate::message::Headers;
use proptest::prelude::*;

fn refusal(service: Service, status: u16) -> Refusal {
    Refusal {
        service,
        status,
        code: String::new(),
        message: "no".to_owned(),
        trace: None,
        after: None,
        html: false,
    }
}

fn headers(pairs: &[(&str, &str)]) -> Headers {
    let owned = pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    Headers(owned.collect())
}

#[test]
fn passing_trouble_is_tried_again_and_lasting_trouble_is_not() {
    for status in [408, 423, 425, 429, 500, 502, 503, 504, 509] {
        assert_eq!(
            verdict(&refusal(Service::SharePoint, status)),
            Verdict::Again,
            "{status}"
        );
    }
    for status in [400, 403, 404, 405, 406, 409, 410, 412, 416, 507, 301] {
        assert_eq!(
            verdict(&refusal(Service::SharePoint, status)),
            Verdict::Final,
            "{status}"
        );
    }
}

#[test]
fn domo_says_unauthorized_in_three_ways() {
    let mut bare = refusal(Service::Domo, 403);
    assert_eq!(verdict(&bare), Verdict::Final);
    bare.message.clear();
    assert_eq!(verdict(&bare), Verdict::Renew);
    assert_eq!(verdict(&refusal(Service::Domo, 401)), Verdict::Renew);
    assert_eq!(verdict(&refusal(Service::Domo, 406)), Verdict::Renew);
}

#[test]
fn a_web_page_is_tried_again_whatever_its_status() {
    let page = Refusal {
        html: true,
        ..refusal(Service::Domo, 200)
    };
    assert_eq!(verdict(&page), Verdict::Again);
}

#[test]
fn an_asked_pause_is_read_in_every_form() {
    let now = 1_767_225_600_000;
    type Pairs<'a> = &'a [(&'a str, &'a str)];
    let cases: [(Pairs<'_>, Option<u64>); 8] = [
        (&[("retry-after", "7")], Some(7_000)),
        (&[("retry-after", " 7.9 ")], Some(7_000)),
        (
            &[("retry-after", "Thu, 01 Jan 2026 00:00:09 GMT")],
            Some(9_000),
        ),
        (&[("retry-after", "Wed, 31 Dec 2025 00:00:00 GMT")], Some(0)),
        (&[("retry-after", "soon")], None),
        (&[("ratelimit-reset", "9")], None),
        (
            &[("ratelimit-reset", "9"), ("ratelimit-remaining", "0")],
            Some(9_000),
        ),
        (&[], None),
    ];
    for (pairs, pause) in cases {
        assert_eq!(asked_pause(&headers(pairs), now), pause, "{pairs:?}");
    }
}

#[test]
fn an_asked_pause_of_nothing_is_still_a_pause() {
    let pause = Tries::default().pause(Some(0), &mut Random::new((1, 2)));
    assert!(pause >= BASE);
}

#[test]
fn guids_are_version_4_and_differ() {
    let mut random = Random::new((1, 2));
    let (first, second) = (random.guid(), random.guid());
    assert_ne!(first, second);
    assert_eq!(first.len(), 36);
    assert_eq!(first.as_bytes()[14], b'4');
    assert!(b"89ab".contains(&first.as_bytes()[19]));
}

proptest! {
    #[test]
    fn pauses_stay_between_the_base_and_the_cap(seed: (u64, u64), times in 1_usize..40) {
        let (mut random, mut tries) = (Random::new(seed), Tries::default());
        for _ in 0..times {
            let before = tries.previous.max(BASE);
            let pause = tries.pause(None, &mut random);
            prop_assert!((BASE..=CAP).contains(&pause));
            prop_assert!(pause <= before * 3);
        }
    }
}
