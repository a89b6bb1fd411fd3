//! Links as the standards, browsers, mail programs and ill-meaning pages write them.

use proptest::prelude::*;

use super::*;
use crate::texts::{Catalogue, Language};

fn read(link: &str) -> DialLink {
    DialLink::parse(link).unwrap_or_else(|error| panic!("{link}: {error}"))
}

fn refused(link: &str) -> DialLinkError {
    DialLink::parse(link).map(|link| format!("{link:?}")).expect_err(link)
}

#[test]
fn a_link_with_a_plus_is_dialled_however_it_is_written() {
    // linphone-desktop#753: `tel:+…` did nothing.
    for link in [
        "tel:+50688884787",
        "TEL:+506-8888-4787",
        "Tel:+506.8888.4787",
        "tel:+506%208888%204787",
        "tel:%2B50688884787",
        "tel:+506 8888 4787",
        "tel: +506 8888 4787 ",
        "tel://+50688884787",
        "tel://+50688884787/",
        "tel:///+50688884787",
        "tel:(+506) 8888-4787",
        "tel:+506\u{a0}8888\u{a0}4787",
        "tel:+506%C2%A08888%C2%A04787",
        "tel:+506\u{2013}8888\u{2013}4787",
        "tel:+506/8888/4787",
        "<tel:+50688884787>\r\n",
        "\"tel:+50688884787\"",
        "tel:+50688884787?subject=hola",
        "tel:+50688884787;verstat=TN-Validation-Passed;cpc=ordinary",
        "callto:+50688884787",
        "callto://+50688884787",
        "callto:+506%208888-4787?call",
        "sip:+50688884787@pbx.example",
        "SIPS:+50688884787@pbx.example:5061;transport=tls;user=phone",
        "sip:%2B50688884787@pbx.example;user=phone?subject=a@b",
        "sip:+50688884787:hunter2@pbx.example",
        "sip:+50688884787",
    ] {
        let link_read = read(link);
        let number =
            PhoneNumber::typed(&link_read.number, Country::CR).unwrap_or_else(|error| panic!("{link}: {error}"));
        assert_eq!(number.e164(), Some("+50688884787"), "{link}");
        assert_eq!((&link_read.extension, &link_read.context), (&None, &None), "{link}");
        assert!(!format!("{link_read:?}").contains("hunter2"));
    }
}

#[test]
fn a_formatted_number_and_one_with_a_slash_reach_the_same_telephone() {
    // odoo#134447, zammad#4872
    for link in ["tel:8888/4787", "tel:8888-4787", "tel:8888.4787", "tel:(506)%208888-4787", "tel:88884787"] {
        let number = PhoneNumber::typed(&read(link).number, Country::CR).unwrap();
        assert_eq!(number.e164(), Some("+50688884787"), "{link}");
    }
}

#[test]
fn the_examples_of_the_standard_are_read() {
    // RFC 3966, sections 5.1.5 and 6
    assert_eq!(read("tel:+1-201-555-0123").number, "+1-201-555-0123");
    let local = read("tel:7042;phone-context=example.com");
    assert_eq!((local.number.as_str(), local.context.as_deref()), ("7042", Some("example.com")));
    let prefix = read("tel:863-1234;phone-context=+1-914-555");
    assert_eq!((prefix.number.as_str(), prefix.context.as_deref()), ("863-1234", Some("+1-914-555")));
    let emergency = read("tel:911;phone-context=+1");
    assert_eq!((emergency.number.as_str(), emergency.context.as_deref()), ("911", Some("+1")));
    // RFC 3261, section 19.1.6
    let sip = read("sip:+1-212-555-1212:1234@gateway.com;user=phone");
    assert_eq!((sip.number.as_str(), sip.context), ("+1-212-555-1212", None));
    let parameters = read("sip:+358-555-1234567;isub=1411;postd=pp22@foo.com;user=phone");
    assert_eq!((parameters.number.as_str(), parameters.subaddress.as_deref()), ("+358-555-1234567", Some("1411")));
}

#[test]
fn a_local_number_is_completed_with_the_country_of_its_context() {
    for link in [
        "tel:8888-4787;phone-context=+506",
        "tel:8888-4787;Phone-Context=%2B506",
        "tel:8888-4787%3Bphone-context%3D%2B506",
        "sip:8888-4787;phone-context=+506@pbx.example;user=phone",
    ] {
        let completed = read(link);
        assert_eq!((completed.number.as_str(), completed.context), ("+506 8888-4787", None), "{link}");
    }
    // Where the number is a global one, no context changes it.
    assert_eq!(read("tel:+50688884787;phone-context=+1").number, "+50688884787");
}

#[test]
fn a_local_number_of_another_exchange_says_whose_it_is() {
    let link = read("sip:1001@PBX.Example:5060");
    assert_eq!((link.number.as_str(), link.context.as_deref()), ("1001", Some("pbx.example:5060")));
}

#[test]
fn an_extension_is_taken_apart_from_the_number() {
    for link in [
        "tel:+506-2222-1234;ext=12",
        "tel:+506-2222-1234;EXT=1-2",
        "tel:+506-2222-1234%3Bext%3D12",
        "tel:+506-2222-1234,12",
        "tel:+506-2222-1234,,12",
        "tel:+506-2222-1234p12",
        "tel:+506-2222-1234x12",
        "tel:+506-2222-1234%20ext.%2012",
        "tel:+506-2222-1234 ext 12",
        "tel:+506-2222-1234 extensi%C3%B3n: 12",
        "tel:+506-2222-1234, ramal 12",
        "callto:+506-2222-1234 anexo 12",
        "sip:+506-2222-1234;ext=12@pbx.example;user=phone",
    ] {
        let with = read(link);
        assert_eq!((with.number.as_str(), with.extension.as_deref()), ("+506-2222-1234", Some("12")), "{link}");
    }
}

#[test]
fn digits_of_any_script_and_letters_on_keys_are_digits() {
    for (link, number, extension) in [
        ("tel:\u{0668}\u{0668}\u{0668}\u{0668}-\u{0664}\u{0667}\u{0668}\u{0667}", "8888-4787", None),
        ("tel:８８８８４７８７", "88884787", None),
        ("tel:＋５０６８８８８４７８７", "+50688884787", None),
        ("tel:8888-4787;ext=١٢", "8888-4787", Some("12")),
        ("tel:1-800-FLOWERS", "1-800-3569377", None),
        ("tel:800-FLORES1", "800-3567371", None),
        ("callto:+1-800-flowers", "+1-800-3569377", None),
    ] {
        let link_read = read(link);
        assert_eq!((link_read.number.as_str(), link_read.extension.as_deref()), (number, extension), "{link}");
    }
}

#[test]
fn a_page_can_not_prepare_a_service_code() {
    for link in [
        "tel:*21*88884787#",
        "tel:*21*88884787%23",
        "tel:%2A21%2A88884787%23",
        "tel:%2A%2306%23",
        "tel:*#06#",
        "tel:##002#",
        "tel:+506*21",
        "tel:88884787,*21*22221234#",
        "tel:88884787;ext=*21*22221234%23",
        "tel:88884787%3Bext%3D%2A21",
        "tel://*21*88884787#",
        "callto:*21*88884787#",
        "sip:*21*88884787%23@pbx.example",
        "sip:*21*88884787%23@pbx.example;user=phone",
        "tel:\u{ff0a}21\u{ff0a}88884787\u{ff03}",
        "tel:88884787#21",
        "tel:%2331%2388884787",
        "tel:*6788884787",
    ] {
        assert_eq!(refused(link), DialLinkError::ServiceCode, "{link}");
    }
}

#[test]
fn what_is_no_number_is_refused_with_its_reason() {
    for (link, reason) in [
        ("", DialLinkError::OtherScheme),
        ("88884787", DialLinkError::OtherScheme),
        ("http://tel:88884787", DialLinkError::OtherScheme),
        ("javascript:alert(1)", DialLinkError::OtherScheme),
        ("tel", DialLinkError::OtherScheme),
        ("tel:", DialLinkError::Empty),
        ("tel://", DialLinkError::Empty),
        ("tel:;ext=12", DialLinkError::Empty),
        ("sip:@pbx.example", DialLinkError::Empty),
        ("tel:()", DialLinkError::NotANumber),
        ("tel:+", DialLinkError::NotANumber),
        ("tel:ana", DialLinkError::NotANumber),
        ("tel:FLOWERS", DialLinkError::NotANumber),
        ("tel:88884787casa", DialLinkError::NotANumber),
        ("tel:1-800-FLOWERS&first_num=1", DialLinkError::NotANumber),
        ("tel:++50688884787", DialLinkError::NotANumber),
        ("tel:8888+4787", DialLinkError::NotANumber),
        ("tel:8888&first_num=1", DialLinkError::NotANumber),
        ("tel:8888%254787", DialLinkError::NotANumber),
        ("tel:8888%zz", DialLinkError::NotANumber),
        ("callto:ana.rojas", DialLinkError::NotANumber),
        ("callto:echo123?call", DialLinkError::NotANumber),
        ("sip:ana@pbx.example", DialLinkError::NotANumber),
        ("sip:ana:hunter2@pbx.example", DialLinkError::NotANumber),
        ("sip:1001@pbx.example;user=ip", DialLinkError::NotANumber),
        ("sip:pbx.example", DialLinkError::NotANumber),
        ("sip:10.0.0.1", DialLinkError::NotANumber),
        ("sip:88884787@", DialLinkError::Malformed),
        ("sip:88884787@<script>", DialLinkError::Malformed),
        ("tel:88884787;ext=", DialLinkError::Malformed),
        ("tel:88884787;ext=1;ext=2", DialLinkError::Malformed),
        ("tel:88884787;phone-context=", DialLinkError::Malformed),
        ("tel:88884787;phone-context=+506+1", DialLinkError::Malformed),
        ("tel:88884787;phone-context=a b", DialLinkError::Malformed),
        ("tel:%ff%fe", DialLinkError::Malformed),
        ("tel:88884787;m-pay=1", DialLinkError::UnknownDemand),
        ("tel:88884787;M-pay", DialLinkError::UnknownDemand),
        ("tel:+1234567890123456", DialLinkError::TooLong),
        ("tel:88884787;ext=123456789012345678901", DialLinkError::TooLong),
        ("tel:8888%0A4787", DialLinkError::Hidden),
        ("tel:8888\u{202e}4787", DialLinkError::Hidden),
        ("tel:8888%E2%80%AE4787", DialLinkError::Hidden),
        ("tel:8888%004787", DialLinkError::Hidden),
        ("tel:88884787;phone-context=a%E2%80%8Bb.example", DialLinkError::Hidden),
    ] {
        assert_eq!(refused(link), reason, "{link:?}");
    }
    assert_eq!(refused(&format!("tel:{}", "1".repeat(5_000))), DialLinkError::TooLong);
}

#[test]
fn every_reason_is_explained_in_every_language() {
    for language in Language::ALL {
        for reason in DialLinkError::ALL {
            let key = reason.text_key();
            assert_ne!(Catalogue::of(language).text(key), key, "{language:?}");
        }
    }
}

fn no_surprise(link: &str) -> Result<(), TestCaseError> {
    let Ok(read) = DialLink::parse(link) else { return Ok(()) };
    let number: &str = &read.number;
    prop_assert!(number.chars().any(|c| c.is_ascii_digit()), "{number:?}");
    prop_assert!(
        number.char_indices().all(|(at, c)| c.is_ascii_digit() || is_punctuation(c) || (c == '+' && at == 0)),
        "{number:?}"
    );
    prop_assert!(number.len() <= 160 && !number.chars().any(is_invisible));
    // Whatever a link gives can be typed, but for local digits that only an exchange knows.
    if let Err(error) = PhoneNumber::typed(number, Country::CR) {
        prop_assert!(matches!(error, crate::number::BadNumber::TooLong(_)), "{number:?}: {error}");
    }
    for part in [&read.extension, &read.subaddress, &read.context].into_iter().flatten() {
        prop_assert!(!part.is_empty() && part.len() <= 253 && !part.chars().any(is_invisible), "{part:?}");
        prop_assert!(!part.contains(['*', '#']), "{part:?}");
    }
    Ok(())
}

proptest! {
    #[test]
    fn whatever_bytes_come_nothing_panics_and_nothing_hidden_comes_out(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let text = String::from_utf8_lossy(&bytes);
        for scheme in ["", "tel:", "callto:", "sip:"] {
            no_surprise(&format!("{scheme}{text}"))?;
        }
    }

    #[test]
    fn whatever_a_link_is_put_together_of_only_a_number_comes_out(
        link in "(tel|callto|sip|sips|TEL):(//)?[+(]?[0-9 %2B\\-.()/*#xp,;=@:?\u{202e}\u{a0}a-f]{0,40}(;(ext|isub|phone-context|m-a|x)=[+0-9a-z.*#%]{0,12}){0,3}(@[a-z.]{0,8})?"
    ) {
        no_surprise(&link)?;
    }
}
