//! Who takes part: people and numbers drawn from the seed.

use timbre_simulator::dice::Dice;

/// Somebody with a telephone.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) company: &'static str,
    /// As an exchange writes it.
    pub(super) number: String,
}

#[derive(Debug, Clone)]
pub(super) struct Cast {
    /// The contact who calls.
    pub(super) known: Person,
    /// Three contacts on one number.
    pub(super) sharing: [Person; 3],
    pub(super) stranger: String,
    /// How a withheld caller is shown.
    pub(super) withheld: &'static str,
    /// Two contacts who call at once.
    pub(super) pair: [Person; 2],
    /// The contact who is dialled.
    pub(super) dialled: Person,
    /// Seconds of talk in each act, two to four.
    pub(super) talk: [u64; 6],
}

const FIRST: &[&str] =
    &["Ana", "José", "María", "Luis", "Sofía", "Diego", "Lucía", "Andrés", "Valeria", "Mateo", "Inés", "João"];
const LAST: &[&str] = &["Rojas", "Núñez", "Vargas", "Solís", "Ureña", "Peña", "Araya", "Quirós", "Muñoz", "Gonçalves"];
const COMPANIES: &[&str] =
    &["Ferretería Rojas S.A.", "Café Ñandú", "Clínica Santa Rita", "Transportes del Sur", "Ópticas Visión", ""];
const WITHHELD: &[&str] = &["anonymous", "Restricted", "", "private"];

impl Cast {
    pub(super) fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        // Numbers go up, so that no two are the same by chance.
        let mut next = 60_000_000 + dice.below(1_000_000);
        let mut number = |dice: &mut Dice| {
            next += 1 + dice.below(900_000);
            next.to_string()
        };
        let person = |dice: &mut Dice, number: String| Person {
            name: format!("{} {}", pick(dice, FIRST), pick(dice, LAST)),
            company: pick(dice, COMPANIES),
            number,
        };
        let known_number = number(&mut dice);
        let known = person(&mut dice, known_number);
        let shared = number(&mut dice);
        let sharing = std::array::from_fn(|_| person(&mut dice, shared.clone()));
        let stranger = number(&mut dice);
        let pair = std::array::from_fn(|_| {
            let number = number(&mut dice);
            person(&mut dice, number)
        });
        let dialled_number = number(&mut dice);
        let dialled = person(&mut dice, dialled_number);
        let withheld = pick(&mut dice, WITHHELD);
        let talk = std::array::from_fn(|_| 2 + dice.below(3));
        Self { known, sharing, stranger, withheld, pair, dialled, talk }
    }

    /// The contacts of the database; those who share a number write it differently.
    pub(super) fn contacts(&self) -> Vec<Person> {
        let mut contacts = vec![self.known.clone(), self.dialled.clone()];
        contacts.extend(self.pair.iter().cloned());
        for (way, person) in self.sharing.iter().enumerate() {
            let n = &person.number;
            let number = match way {
                0 => format!("{}-{}", &n[..4], &n[4..]),
                1 => format!("+506 {} {}", &n[..4], &n[4..]),
                _ => format!("506{n}"),
            };
            contacts.push(Person { number, ..person.clone() });
        }
        contacts
    }
}

fn pick(dice: &mut Dice, these: &[&'static str]) -> &'static str {
    dice.one_of(these).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_has_the_same_cast_and_another_seed_another() {
        assert_eq!(format!("{:?}", Cast::of(7)), format!("{:?}", Cast::of(7)));
        assert_ne!(format!("{:?}", Cast::of(7)), format!("{:?}", Cast::of(8)));
    }

    #[test]
    fn nobody_has_a_number_by_chance_that_another_has() {
        for seed in 0..200 {
            let cast = Cast::of(seed);
            let mut numbers = vec![&cast.known.number, &cast.sharing[0].number, &cast.stranger, &cast.dialled.number];
            numbers.extend(cast.pair.iter().map(|person| &person.number));
            numbers.sort();
            numbers.dedup();
            assert_eq!(numbers.len(), 6, "seed {seed}");
            assert!(numbers.iter().all(|n| n.len() == 8), "seed {seed}");
        }
    }
}
