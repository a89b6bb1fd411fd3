//! Numbers as people, exchanges and vendors write them, through every way in.

use proptest::prelude::*;

use super::*;

fn e164(text: &str) -> Option<String> {
    match PhoneNumber::read(text, Country::CR) {
        ReadNumber::Number(number) => number.e164().map(str::to_owned),
        ReadNumber::Withheld => panic!("{text} is no withheld number"),
    }
}

#[test]
fn a_number_is_the_same_however_it_is_written() {
    for text in [
        "88848787",
        "8884-8787",
        "8884 8787",
        "+506 8884-8787",
        "506 8884 8787",
        "50688848787",
        "0050688848787",
        "(506) 8884-8787",
        "8884/8787",
        "8884.8787",
        " 88848787 ",
        "sip:88848787@pbx.example",
        "tel:+506-8884-8787",
        "<sip:+50688848787@10.0.0.1;user=phone>",
    ] {
        assert_eq!(e164(text).as_deref(), Some("+50688848787"), "{text}");
    }
}

#[test]
fn a_foreign_number_without_a_plus_is_placed_in_its_country() {
    assert_eq!(e164("51902871550").as_deref(), Some("+51902871550"), "the example in PROVIDERS.md");
}

#[test]
fn an_endpoint_number_is_no_telephone_number_of_costa_rica() {
    assert_eq!(e164("8373456"), None);
}

#[test]
fn what_cannot_be_dialled_is_refused_with_the_place() {
    assert_eq!(PhoneNumber::typed("", Country::CR), Err(BadNumber::NoDigits));
    assert_eq!(PhoneNumber::typed("()-", Country::CR), Err(BadNumber::NoDigits));
    assert_eq!(PhoneNumber::typed("8884-87x7", Country::CR), Err(BadNumber::Character('x', 8)));
    assert_eq!(PhoneNumber::typed("88&first_num=1", Country::CR), Err(BadNumber::Character('&', 3)));
    assert_eq!(PhoneNumber::typed("1234567890123456", Country::CR), Err(BadNumber::TooLong(16)));
}

fn read_in(country: &str, text: &str) -> Option<String> {
    match PhoneNumber::read(text, country.parse().unwrap()) {
        ReadNumber::Number(number) => number.valid_e164().map(str::to_owned),
        ReadNumber::Withheld => None,
    }
}

#[test]
fn what_hides_or_shows_the_caller_is_no_part_of_the_number_in_any_country() {
    // 3GPP TS 22.030; the numbering plans named at `written::caller_id_digits`. The numbers are ones for fiction where
    // the plan has such.
    for (country, text, e164) in [
        ("ES", "#31#612345678", "+34612345678"),
        ("ES", "*31#612345678", "+34612345678"),
        ("ES", "067 612 34 56 78", "+34612345678"),
        ("ES", "067912345678", "+34912345678"),
        ("ES", "068 0034 612345678", "+34612345678"),
        ("ES", "#31#+44 20 7946 0958", "+442079460958"),
        ("ES", "067 +44 20 7946 0958", "+442079460958"),
        ("US", "*67 305-555-0123", "+13055550123"),
        ("US", "*823055550123", "+13055550123"),
        ("US", "1167 305 555 0123", "+13055550123"),
        ("US", "*67 1 305 555 0123", "+13055550123"),
        ("GB", "141 020 7946 0958", "+442079460958"),
        ("GB", "1470 020 7946 0958", "+442079460958"),
        ("GB", "14102079460958", "+442079460958"),
        ("IE", "141 01 677 1234", "+35316771234"),
        ("AU", "1831 02 9374 4000", "+61293744000"),
        ("NZ", "0197 09 379 5000", "+6493795000"),
        ("JP", "184 03-3211-1111", "+81332111111"),
        ("NL", "*31*0612345678", "+31612345678"),
        ("AR", "*31# 11 2345-6789", "+541123456789"),
        ("BR", "#31#11987654321", "+5511987654321"),
        ("CR", "#31#88848787", "+50688848787"),
    ] {
        assert_eq!(read_in(country, text).as_deref(), Some(e164), "{country} {text}");
        let typed =
            PhoneNumber::typed(text, country.parse().unwrap()).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!((typed.e164(), typed.raw()), (Some(e164), text), "{country} {text}");
    }
    for text in ["*21*88848787#", "*#06#", "#31#", "*100#", "**61*88848787#"] {
        assert_eq!(PhoneNumber::typed(text, Country::CR), Err(BadNumber::ServiceCode), "{text}");
        assert_eq!(read_in("CR", text), None, "{text}");
    }
    // The digits are a number of the plan themselves: 01470 is the Isle of Skye.
    assert_eq!(read_in("GB", "01470 521234").as_deref(), Some("+441470521234"));
}

#[test]
fn digits_of_any_script_are_read_by_every_way_in() {
    for text in
        ["８８８４８７８７", "٨٨٨٤٨٧٨٧", "۸۸۸۴۸۷۸۷", "८८८४८७८७", "＋５０６ ８８８４－８７８７", "+٥٠٦ ٨٨٨٤ ٨٧٨٧"]
    {
        assert_eq!(e164(text).as_deref(), Some("+50688848787"), "{text}");
        let typed = PhoneNumber::typed(text, Country::CR).unwrap();
        assert_eq!(
            (typed.key().as_str(), typed.dialable(Country::CR).as_str()),
            ("+50688848787", "88848787"),
            "{text}"
        );
    }
    assert_eq!(PhoneNumber::typed("١١٥٥", Country::CR).unwrap().dialable(Country::CR), "1155");
}

#[test]
fn what_is_dialled_at_home_alone_stands_in_parentheses_and_is_left_out_abroad() {
    for (text, e164) in [
        ("+506 (0) 8884-8787", Some("+50688848787")),
        ("+506(0)88848787", Some("+50688848787")),
        ("+44 (0)20 7946 0958", Some("+442079460958")),
        ("+49 (0) 30 123456", Some("+4930123456")),
        ("+41 (0)44 668 18 00", Some("+41446681800")),
        // Italy's zero is part of the number.
        ("+39 (0)6 6982 1234", Some("+390669821234")),
        ("(0) 8884-8787", None),
    ] {
        assert_eq!(read_in("CR", text).as_deref(), e164, "{text}");
        let typed = PhoneNumber::typed(text, Country::CR).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(typed.valid_e164(), e164, "{text}");
    }
}

#[test]
fn a_link_to_a_chat_is_a_way_to_write_a_number() {
    for text in [
        "https://wa.me/50688848787",
        "http://WA.me/50688848787/",
        "wa.me/50688848787?text=Hola",
        "https://api.whatsapp.com/send?phone=50688848787&text=Hola",
        "https://api.whatsapp.com/send/?phone=%2B50688848787",
        "whatsapp://send?phone=+50688848787",
    ] {
        assert_eq!(e164(text).as_deref(), Some("+50688848787"), "{text}");
        // The number's country is named by the link, wherever it is read.
        assert_eq!(read_in("ES", text).as_deref(), Some("+50688848787"), "{text}");
        assert_eq!(PhoneNumber::typed(text, Country::CR).unwrap().e164(), Some("+50688848787"), "{text}");
    }
    for text in ["https://wa.me/message/ABC123", "https://wa.me/", "https://example.com/50688848787"] {
        assert!(PhoneNumber::typed(text, Country::CR).is_err(), "{text}");
    }
}

#[test]
fn the_sign_that_keeps_a_text_a_text_in_a_spreadsheet_is_no_part_of_the_number() {
    for text in ["'88848787", "'+506 8884-8787", "\u{2019}8884 8787"] {
        assert_eq!(e164(text).as_deref(), Some("+50688848787"), "{text}");
        assert_eq!(PhoneNumber::typed(text, Country::CR).unwrap().dialable(Country::CR), "88848787", "{text}");
    }
}

#[test]
fn an_extension_is_told_and_not_dialled() {
    for text in ["2222-3333 ext. 105", "2222-3333x105", "tel:2222-3333;ext=105", "2222-3333;105", "2222-3333,,105"] {
        let number = PhoneNumber::typed(text, Country::CR).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(number.e164(), Some("+50622223333"), "{text}");
        assert_eq!(
            (number.extension().as_deref(), number.dialable(Country::CR).as_str()),
            (Some("105"), "22223333"),
            "{text}"
        );
    }
    assert_eq!(PhoneNumber::typed("2222-3333", Country::CR).unwrap().extension(), None);
}

#[test]
fn letters_stand_for_the_digits_of_their_keys_where_a_number_comes_of_them() {
    for (country, text, e164) in [
        ("CR", "800-FLORES1", Some("+5068003567371")),
        ("US", "1-800-FLOWERS", Some("+18003569377")),
        ("US", "1 (800) go-fedex", Some("+18004633339")),
        ("CR", "8884-8787 Ana", Some("+50688848787")),
        ("CR", "FLORES1", None),
    ] {
        assert_eq!(read_in(country, text).as_deref(), e164, "{text}");
    }
    let flores = PhoneNumber::typed("800-FLORES1", Country::CR).unwrap();
    assert_eq!((flores.raw(), flores.dialable(Country::CR).as_str()), ("800-FLORES1", "8003567371"));
    assert_eq!(PhoneNumber::typed("8884-8787 Ana", Country::CR), Err(BadNumber::Character('A', 11)));
    assert_eq!(PhoneNumber::typed("800-FLORES", Country::CR), Err(BadNumber::Character('F', 5)), "a digit is missing");
}

#[test]
fn what_was_accepted_by_its_length_alone_keeps_its_text() {
    for text in ["305-555-0123", "9999-1234", "+506 9999 1234", "305 555 0123"] {
        let number = PhoneNumber::typed(text, Country::CR).unwrap();
        assert_eq!((number.valid_e164(), number.dials(), number.written(Country::CR).as_str()), (None, text, text));
        assert_eq!(number.dialable(Country::CR), digits_of(text), "{text}");
    }
}

#[test]
fn an_area_in_parentheses_is_no_other_countrys_code() {
    for (country, text) in [
        ("CR", "(81) 99493-0853"),
        ("CR", "(51) 902 871 550"),
        ("CR", "(598) 98 344 484"),
        ("CR", "(52) 55 1234 5678"),
        ("CR", "(1) 305 555 0142"),
        ("US", "(503) 2222-3333"),
        ("MX", "(34) 612 345 678"),
        ("ES", "(506) 8884-8787"),
        ("UY", "[54] 11 2345-6789"),
    ] {
        assert_eq!(read_in(country, text), None, "{country} {text}");
        assert!(read_in(country, &format!("+{}", digits_of(text))).is_some(), "{text} is one with a plus");
    }
    assert_eq!(read_in("CR", "(506) 8884-8787").as_deref(), Some("+50688848787"), "the country's own code");
    assert_eq!(read_in("ES", "(+506) 8884-8787").as_deref(), Some("+50688848787"));
    assert_eq!(read_in("ES", "(00506) 8884-8787").as_deref(), Some("+50688848787"));
}

#[test]
fn numbers_are_written_as_their_country_writes_them_and_dialled_as_the_vendor_takes_them() {
    let home = PhoneNumber::typed("+50688848787", Country::CR).unwrap();
    assert_eq!(home.written(Country::CR), "8884 8787");
    assert_eq!(home.dialable(Country::CR), "88848787");
    let abroad = PhoneNumber::typed("+51 902 871 550", Country::CR).unwrap();
    assert_eq!(abroad.written(Country::CR), "+51 902 871 550");
    assert_eq!(abroad.dialable(Country::CR), "51902871550");
    let short = PhoneNumber::typed("1155", Country::CR).unwrap();
    assert_eq!(short.dialable(Country::CR), "1155");
}

#[test]
fn what_is_no_country_is_refused() {
    for text in ["", "cr", "XX", "CRI", "001", "World"] {
        assert!(text.parse::<Country>().is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn reading_never_panics_and_a_key_holds_only_a_plus_and_digits(text in "\\PC{0,40}") {
        if let ReadNumber::Number(number) = PhoneNumber::read(&text, Country::CR) {
            let key = number.key();
            prop_assert!(!key.is_empty());
            prop_assert!(key.strip_prefix('+').unwrap_or(&key).bytes().all(|b| b.is_ascii_digit()));
        }
    }

    #[test]
    fn numbers_that_differ_in_a_digit_are_never_the_same(n in 60_000_000u32..89_999_999, place in 0u32..8, by in 1u32..10) {
        let digit = n / 10u32.pow(place) % 10;
        let other = n - digit * 10u32.pow(place) + (digit + by) % 10 * 10u32.pow(place);
        prop_assume!(other != n);
        let (a, b) = (PhoneNumber::read(&n.to_string(), Country::CR), PhoneNumber::read(&other.to_string(), Country::CR));
        prop_assert_ne!(a, b);
    }
}

#[test]
fn a_number_is_split_the_way_its_country_dials_it() {
    let split = |text: &str| {
        let split = PhoneNumber::typed(text, Country::CR).unwrap().split();
        split.map(|split| [split.country_code, split.area_code, split.subscriber])
    };
    for (number, parts) in [
        // Byte for byte the vendor's own example of a Chilean mobile (seed 004).
        ("+56 9 5631 1283", ["56", "9", "56311283"]),
        ("+56 2 2345 6789", ["56", "2", "23456789"]),
        ("+506 8884 8787", ["506", "", "88848787"]),
        ("+55 11 96123-4567", ["55", "11", "961234567"]),
        ("+1 415 555 2671", ["1", "415", "5552671"]),
    ] {
        assert_eq!(split(number), Some(parts.map(str::to_owned)), "{number}");
    }
    assert_eq!(split("1234"), None, "a number of no country");
}
