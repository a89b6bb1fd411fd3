//! Reads the telephones of one contact together: beside a number with Brazil's code, `(21) 4799-5635` is a number of
//! Brazil.

use rlibphonenumber::Region;

use super::forms::{Evidence, Reading};
use super::written::Parts;
use super::{Country, PhoneNumber, ReadNumber, bare};

fn reading(text: &str, region: Region) -> Option<Reading> {
    super::reading(&Parts::of(&bare(text)), region)
}

/// E.164 of a text that leaves no doubt: it names its country, or is a valid number of this one. Nothing where the reading
/// of [`PhoneNumber::read`] is a guess: what is written elsewhere is then the text itself.
#[must_use]
pub fn certain(text: &str, country: Country) -> Option<String> {
    reading(text, country.0).filter(|reading| reading.by != Evidence::Guess).map(|reading| reading.e164)
}

/// Whether a text has an extension behind its number.
#[must_use]
pub fn has_extension(text: &str) -> bool {
    Parts::of(&bare(text)).extension.is_some()
}

/// The countries that the numbers of one contact name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fellows(Vec<Region>);

impl Fellows {
    /// Of these texts, those that name a country: by a plus or an exit code.
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>, country: Country) -> Self {
        let mut named = Vec::new();
        for reading in texts.into_iter().filter_map(|text| reading(text, country.0)) {
            let region =
                PhoneNumber::stored(String::new(), Some(reading.e164)).parsed().and_then(|n| n.get_region_code());
            if let Some(region) = region.filter(|region| reading.by == Evidence::Named && !named.contains(region)) {
                named.push(region);
            }
        }
        Self(named)
    }

    /// Whether they name another country than this and never this one: a number without its code is then rather one of
    /// theirs.
    #[must_use]
    pub fn are_abroad(&self, country: Country) -> bool {
        !self.0.is_empty() && !self.0.contains(&country.0)
    }

    /// Reads one of the texts. What would be a guess by the rules of `country`, or no number at all, is read by those of
    /// the countries that the others name.
    #[must_use]
    pub fn read(&self, text: &str, country: Country) -> ReadNumber {
        let read = PhoneNumber::read(text, country);
        let ReadNumber::Number(number) = &read else { return read };
        if reading(text, country.0).is_some_and(|reading| reading.by != Evidence::Guess) {
            return read;
        }
        let theirs = self.0.iter().filter_map(|region| reading(text, *region)).find(|r| r.by == Evidence::AtHome);
        match theirs {
            Some(reading) => ReadNumber::Number(PhoneNumber::stored(number.raw().to_owned(), Some(reading.e164))),
            None => read,
        }
    }
}

/// Reads the telephones of one contact, in their order.
#[must_use]
pub fn read_together(texts: &[&str], country: Country) -> Vec<ReadNumber> {
    let fellows = Fellows::of(texts.iter().copied(), country);
    texts.iter().map(|text| fellows.read(text, country)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(texts: &[&str]) -> Vec<Option<String>> {
        read_together(texts, Country::CR)
            .into_iter()
            .map(|read| match read {
                ReadNumber::Number(number) => number.e164().map(str::to_owned),
                ReadNumber::Withheld => None,
            })
            .collect()
    }

    #[test]
    fn a_number_without_its_country_is_one_of_the_country_that_the_others_name() {
        let read =
            all(&["+55 11 98765-4321", "(81) 99493-0853", "(21) 4799-5635", "21 4799 5635", "8884-8787", "1155"]);
        let numbers = ["+5511987654321", "+5581994930853", "+552147995635", "+552147995635", "+50688848787"];
        assert_eq!(read[..5], numbers.map(|number| Some(number.to_owned())));
        assert_eq!(read[5], None);
        assert_eq!(all(&["(81) 99493-0853", "8884-8787"])[0], None, "nothing names Brazil");
    }

    #[test]
    fn no_guess_is_certain_whoever_stands_beside_it() {
        for text in ["(81) 99493-0853", "81994930853", "51902871550", "9999-1234", "1155", "anónimo"] {
            assert_eq!(certain(text, Country::CR), None, "{text}");
        }
        assert_eq!(certain("8884-8787 ext. 4", Country::CR).as_deref(), Some("+50688848787"));
        assert!(Fellows::of(["+55 11 98765-4321", "8884-8787"], Country::CR).are_abroad(Country::CR));
        assert!(!Fellows::of(["+55 11 98765-4321", "+506 8884-8787"], Country::CR).are_abroad(Country::CR));
    }
}
