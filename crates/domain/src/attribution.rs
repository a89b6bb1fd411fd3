//! Whose call it is, which way it goes and who the other side is: the one place that decides it.
//!
//! A vendor shows a call as two sides. Each side may carry the user (an endpoint's number), an endpoint id, and a
//! number as shown to the other side. The order of trust is PROVIDERS.md, "Whose call it is": user, then id, then
//! number, always whole and never as a suffix.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::call::{Direction, Party};
use crate::endpoint::{EndpointNumber, Served, ServedEndpoints};
use crate::number::{Country, PhoneNumber, ReadNumber};

/// One side of a call as the vendor shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// The number shown: empty where the vendor says that it is withheld, `None` while the vendor has not said who it
    /// is.
    pub number: Option<String>,
    /// The endpoint's number, if this side is an endpoint; else empty.
    pub user: String,
    /// The endpoint's id with the vendor; empty or `0` where it is none.
    pub endpoint_id: String,
}

/// Both sides of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sides {
    /// The side that calls.
    pub calling: Side,
    /// The side that is called.
    pub called: Side,
}

/// What a call is to us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribution {
    /// Our endpoint in it.
    pub endpoint: EndpointNumber,
    /// The agent whose endpoint it is; empty for the one agent of a desktop.
    #[serde(default)]
    pub agent: String,
    /// Which way it goes.
    pub direction: Direction,
    /// Who is at the other end of the call, seen from our endpoint.
    pub party: Party,
}

/// Whose call it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Whose {
    /// One of the served endpoints is in it.
    Ours(Attribution),
    /// It belongs to another endpoint of the account, or to nobody we can name. `called` is the number being called,
    /// unless somebody else's endpoint is known to call it: a leg of our own click-to-dial may look like this.
    Others {
        /// The number being called, for recognising a leg of our own dial.
        called: Option<PhoneNumber>,
        /// Whether an endpoint that is not served is named in it: it certainly is somebody else's.
        #[serde(default)]
        named: bool,
    },
}

/// Decides whose call it is. `country` reads numbers that carry no country code.
///
/// A call between two agents who are both served is the calling one's.
#[must_use]
pub fn attribute(sides: &Sides, served: &ServedEndpoints, country: Country) -> Whose {
    let calling = owner(&sides.calling, served);
    let called = owner(&sides.called, served);
    let ours = |own: &Served, direction: Direction, party: Party| {
        Whose::Ours(Attribution { endpoint: own.number.clone(), agent: own.agent.clone(), direction, party })
    };
    match (calling, called) {
        (Owner::Us(from), Owner::Us(to)) => {
            let direction = if from.agent == to.agent { Direction::Internal } else { Direction::Out };
            ours(&from, direction, Party::Endpoint { number: to.number.clone() })
        }
        (Owner::Us(from), other) => ours(&from, Direction::Out, party(&sides.called, &other, served, country)),
        (other, Owner::Us(to)) => ours(&to, Direction::In, party(&sides.calling, &other, served, country)),
        (Owner::SomeoneElse, _) => Whose::Others { called: None, named: true },
        (Owner::Unknown, other) => {
            let shown = sides.called.number.as_deref().map(|number| PhoneNumber::read(number, country));
            Whose::Others {
                called: match shown {
                    Some(ReadNumber::Number(number)) => Some(number),
                    Some(ReadNumber::Withheld) | None => None,
                },
                named: matches!(other, Owner::SomeoneElse),
            }
        }
    }
}

/// What one side says about its owner.
enum Owner<'a> {
    Us(Cow<'a, Served>),
    SomeoneElse,
    Unknown,
}

/// The first field that says something decides: a user is certain, an id is certain where ours are all known, and a
/// number is ours only when it is one of ours to the letter.
fn owner<'a>(side: &Side, served: &'a ServedEndpoints) -> Owner<'a> {
    let user = side.user.trim();
    let id = side.endpoint_id.trim();
    if !user.is_empty() {
        // A user whom the account's list does not know names nobody: then the id may.
        let named = served.by_user(user).or_else(|| {
            let unknown = served.of_account(user).is_none();
            unknown.then(|| served.by_id(id)).flatten().map(Cow::Borrowed)
        });
        return named.map_or(Owner::SomeoneElse, Owner::Us);
    }
    if !id.is_empty() && id != "0" {
        if let Some(own) = served.by_id(id) {
            return Owner::Us(Cow::Borrowed(own));
        }
        if served.ids_complete() {
            return Owner::SomeoneElse;
        }
    }
    let number = side.number.as_deref().unwrap_or_default();
    served.by_number(number.trim()).map_or(Owner::Unknown, |own| Owner::Us(Cow::Borrowed(own)))
}

/// Endpoints come first, to the letter: a colleague is no contact, whatever numbers contacts have.
fn party(side: &Side, owner: &Owner<'_>, served: &ServedEndpoints, country: Country) -> Party {
    if let (Owner::SomeoneElse, Some(number)) = (owner, EndpointNumber::new(&side.user)) {
        return Party::Endpoint { number };
    }
    let Some(shown) = side.number.as_deref() else { return Party::NotKnownYet };
    if let Some(number) = served.of_account(shown.trim()) {
        return Party::Endpoint { number: number.clone() };
    }
    match PhoneNumber::read(shown, country) {
        ReadNumber::Number(number) => Party::Number { number },
        ReadNumber::Withheld => Party::Withheld,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::Endpoint;

    const MINE: &str = "8373456";
    const ALSO_MINE: &str = "8373999";
    const COLLEAGUE: &str = "8615601";
    const CUSTOMER: &str = "88848787";

    fn own(ids: bool) -> ServedEndpoints {
        let mut own = ServedEndpoints::new([MINE, ALSO_MINE].into_iter().filter_map(EndpointNumber::new));
        if ids {
            own.learn(
                &[("43715", MINE), ("43716", ALSO_MINE), ("182702", COLLEAGUE)]
                    .map(|(id, n)| Endpoint { id: id.into(), number: EndpointNumber::new(n).unwrap() }),
            );
        }
        own
    }

    fn side(number: &str, user: &str, id: &str) -> Side {
        Side { number: Some(number.into()), user: user.into(), endpoint_id: id.into() }
    }

    fn whose(calling: Side, called: Side, ids: bool) -> Whose {
        attribute(&Sides { calling, called }, &own(ids), Country::CR)
    }

    fn ours(endpoint: &str, direction: Direction, party: Party) -> Whose {
        let endpoint = EndpointNumber::new(endpoint).unwrap();
        Whose::Ours(Attribution { endpoint, agent: String::new(), direction, party })
    }

    fn telephone(raw: &str) -> Party {
        match PhoneNumber::read(raw, Country::CR) {
            ReadNumber::Number(number) => Party::Number { number },
            ReadNumber::Withheld => Party::Withheld,
        }
    }

    fn endpoint(number: &str) -> Party {
        Party::Endpoint { number: EndpointNumber::new(number).unwrap() }
    }

    #[test]
    fn the_documents_first_example_is_an_outgoing_call_of_its_endpoint() {
        let got = whose(side(MINE, MINE, "43715"), side(CUSTOMER, "", ""), false);
        assert_eq!(got, ours(MINE, Direction::Out, telephone(CUSTOMER)));
    }

    /// Every way a side can name us, against every way the other side can name a customer, a colleague or nobody,
    /// in both directions, with and without known ids.
    #[test]
    fn every_combination_of_fields_gives_the_same_answer() {
        let mine = [
            side(MINE, MINE, "43715"),
            side(MINE, MINE, ""),
            side("40001234", MINE, ""),
            side("", MINE, "0"),
            side(MINE, "", ""),
            side(MINE, "", "0"),
            side("anonymous", MINE, "182702"),
        ];
        let mine_by_id = [side("40001234", "", "43715"), side("", "", "43715")];
        let others = [
            (side(CUSTOMER, "", ""), telephone(CUSTOMER)),
            (side(CUSTOMER, "", "0"), telephone(CUSTOMER)),
            (side("+506 8884-8787", "", ""), telephone("+506 8884-8787")),
            (side("51902871550", "", ""), telephone("51902871550")),
            (side("anonymous", "", ""), Party::Withheld),
            (side("", "", ""), Party::Withheld),
            (side(COLLEAGUE, COLLEAGUE, "182702"), endpoint(COLLEAGUE)),
            (side("40009999", COLLEAGUE, ""), endpoint(COLLEAGUE)),
        ];
        for ids in [false, true] {
            let by_id: &[Side] = if ids { &mine_by_id } else { &[] };
            for us in mine.iter().chain(by_id) {
                for (other, party) in &others {
                    assert_eq!(
                        whose(us.clone(), other.clone(), ids),
                        ours(MINE, Direction::Out, party.clone()),
                        "{us:?} calls {other:?}"
                    );
                    assert_eq!(
                        whose(other.clone(), us.clone(), ids),
                        ours(MINE, Direction::In, party.clone()),
                        "{other:?} calls {us:?}"
                    );
                }
                let got = whose(us.clone(), side(ALSO_MINE, ALSO_MINE, ""), ids);
                assert_eq!(got, ours(MINE, Direction::Internal, endpoint(ALSO_MINE)));
                let got = whose(us.clone(), us.clone(), ids);
                assert_eq!(got, ours(MINE, Direction::Internal, endpoint(MINE)), "an agent leg rings itself");
            }
        }
    }

    #[test]
    fn a_colleagues_call_is_not_ours_even_when_it_shows_our_number() {
        let theirs = side(MINE, COLLEAGUE, "");
        assert_eq!(whose(theirs, side(CUSTOMER, "", ""), true), Whose::Others { called: None, named: true });
        let by_id = side(MINE, "", "182702");
        assert_eq!(whose(by_id.clone(), side(CUSTOMER, "", ""), true), Whose::Others { called: None, named: true });
        let to_them = whose(side(CUSTOMER, "", ""), side(MINE, COLLEAGUE, ""), true);
        assert!(matches!(to_them, Whose::Others { named: true, .. }));
        let unknown_id = whose(by_id, side(CUSTOMER, "", ""), false);
        assert_eq!(
            unknown_id,
            ours(MINE, Direction::Out, telephone(CUSTOMER)),
            "an id decides only when ours are known"
        );
    }

    #[test]
    fn a_user_whom_nobody_knows_leaves_it_to_the_id() {
        let got = whose(side(CUSTOMER, "", ""), side("40001000", "Ana", "43715"), true);
        assert_eq!(got, ours(MINE, Direction::In, telephone(CUSTOMER)));
        let colleague = whose(side(CUSTOMER, "", ""), side("40001000", COLLEAGUE, "43715"), true);
        assert!(matches!(colleague, Whose::Others { .. }), "a user who is known is certain");
    }

    #[test]
    fn an_endpoint_is_never_found_in_the_tail_or_head_of_a_telephone_number() {
        for number in ["58373456", "83734561", "50683734567", "+5068373456", "8373456x"] {
            let got = whose(side(number, "", ""), side(CUSTOMER, "", ""), true);
            assert!(matches!(got, Whose::Others { .. }), "{number}: {got:?}");
        }
    }

    #[test]
    fn a_call_nobody_owns_keeps_the_called_number_so_that_a_dial_can_know_its_leg() {
        let got = whose(side("40000000", "", ""), side(CUSTOMER, "", ""), true);
        let Whose::Others { called: Some(called), named: false } = got else { panic!("{got:?}") };
        assert_eq!(called.e164(), Some("+50688848787"));
        let withheld = whose(side("", "", ""), side("", "", ""), true);
        assert_eq!(withheld, Whose::Others { called: None, named: false });
    }

    #[test]
    fn an_endpoint_of_the_account_is_matched_first_and_to_the_letter() {
        let party = |number: &str| match whose(side(number, "", ""), side(MINE, MINE, ""), true) {
            Whose::Ours(ours) => ours.party,
            other => panic!("{other:?}"),
        };
        assert_eq!(party(COLLEAGUE), Party::Endpoint { number: EndpointNumber::new(COLLEAGUE).unwrap() });
        for stranger in [format!("8{COLLEAGUE}"), format!("506{COLLEAGUE}"), COLLEAGUE[1..].to_owned()] {
            assert!(matches!(party(&stranger), Party::Number { .. }), "{stranger}");
        }
    }

    #[test]
    fn a_side_that_the_vendor_has_not_named_yet_is_neither_withheld_nor_a_number() {
        let nobody_yet = Side::default();
        let rings = whose(nobody_yet.clone(), side(MINE, MINE, ""), true);
        assert_eq!(rings, ours(MINE, Direction::In, Party::NotKnownYet));
        assert_eq!(whose(nobody_yet.clone(), nobody_yet, true), Whose::Others { called: None, named: false });
    }

    #[test]
    fn each_of_several_agents_has_the_calls_of_their_own_endpoints() {
        let number = |text: &str| EndpointNumber::new(text).unwrap();
        let agents = [("Ana", MINE), ("Ana", ALSO_MINE), ("Bruno", COLLEAGUE)];
        let served = ServedEndpoints::of_agents(agents.map(|(agent, own)| (agent.to_owned(), number(own))));
        let whose = |calling: &str, called: &str| {
            let side = |text: &str| match served.by_number(text) {
                Some(_) => side(text, text, ""),
                None => side(text, "", ""),
            };
            match attribute(&Sides { calling: side(calling), called: side(called) }, &served, Country::CR) {
                Whose::Ours(ours) => (ours.agent, ours.direction),
                Whose::Others { .. } => panic!("nobody's"),
            }
        };
        assert_eq!(whose(CUSTOMER, MINE), ("Ana".to_owned(), Direction::In));
        assert_eq!(whose(CUSTOMER, COLLEAGUE), ("Bruno".to_owned(), Direction::In));
        assert_eq!(whose(ALSO_MINE, CUSTOMER), ("Ana".to_owned(), Direction::Out));
        assert_eq!(whose(ALSO_MINE, MINE), ("Ana".to_owned(), Direction::Internal));
        assert_eq!(whose(COLLEAGUE, MINE), ("Bruno".to_owned(), Direction::Out), "the calling agent's");
    }

    #[test]
    fn a_supervisor_has_the_calls_of_every_endpoint_of_the_account() {
        let served = ServedEndpoints::default().and_the_whole_account();
        let sides = Sides { calling: side(CUSTOMER, "", ""), called: side(COLLEAGUE, COLLEAGUE, "182702") };
        let Whose::Ours(ours) = attribute(&sides, &served, Country::CR) else { panic!("nobody's") };
        assert_eq!((ours.endpoint.as_str(), ours.agent.as_str()), (COLLEAGUE, COLLEAGUE));
    }
}
