//! Creates very many contacts at once.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::crm::Crm;
use super::ledger::{Change, Stored};
use super::phone::Phone;
use super::record::{Id, Record};
use super::store::attribute;
use super::verbs::ADMINISTRATOR;
use crate::dice::Dice;

const FIRST: [&str; 24] = [
    "Ana",
    "Luis",
    "María José",
    "Carlos",
    "Fernanda",
    "José Pablo",
    "Yerlin",
    "Andrés",
    "Kattia",
    "Mauricio",
    "Xinia",
    "Esteban",
    "Grettel",
    "Óscar",
    "Marcela",
    "Jeison",
    "Ileana",
    "Randall",
    "Noelia",
    "Álvaro",
    "Siany",
    "Minor",
    "Hazel",
    "Wálter",
];
const LAST: [&str; 24] = [
    "Mora",
    "Jiménez",
    "Rojas",
    "Vargas",
    "Solano",
    "Quirós",
    "Chaves",
    "Ureña",
    "Araya",
    "Zúñiga",
    "Brenes",
    "Cordero",
    "Salas",
    "Picado",
    "Alfaro",
    "Ulate",
    "Barrantes",
    "Núñez",
    "Céspedes",
    "Guzmán",
    "Badilla",
    "Fallas",
    "Monge",
    "Sibaja",
];
const TRADES: [&str; 8] =
    ["Ferretería", "Soda", "Taller", "Farmacia", "Bufete", "Librería", "Transportes", "Distribuidora"];
/// The most contacts that share a second of `modifiedAt`.
const LARGEST_BATCH: u64 = 5000;

impl Crm {
    /// Creates `n` contacts with invented Costa Rican names and numbers, which depend only on the seed and the time. Up
    /// to thousands share a second of `modifiedAt`, in the day before now (UTC). One in eight has two or three numbers,
    /// one in four a company. They are visible at once, whatever the commit lag, and have one entry in the history
    /// together.
    pub fn populate(&self, n: usize, seed: u64) {
        let at = self.shared.moment();
        let mut dice = Dice::new(seed);
        let mut state = self.shared.state();
        let Some(schema) = state.store.schema("Contact") else { return };
        let names = ["firstName", "lastName", "accountId", "createdById", "emailAddress"];
        let [first, last, account, creator, email] = names.map(|name| attribute(&schema, name));
        let companies: Vec<Id> =
            (0..n.div_ceil(500)).filter_map(|_| self.company(&mut state.store, &mut dice)).collect();
        let mut second = at.wall - TimeDelta::days(1);
        let mut left = dice.below(LARGEST_BATCH);
        for index in 0..n {
            if left == 0 {
                second += TimeDelta::seconds(1);
                left = 1 + dice.below(LARGEST_BATCH);
            }
            left -= 1;
            // Each is created some time before, so that ids are not in the order of `modifiedAt`.
            let made = second - TimeDelta::seconds(i64::try_from(dice.below(1_000_000)).unwrap_or_default());
            let id = state.store.new_id(made);
            let mut record = Record::new(id, made.timestamp());
            record.modified = second.timestamp();
            let surnames = [dice.one_of(&LAST), dice.one_of(&LAST)].map(|name| name.copied().unwrap_or_default());
            record.set(&first, Value::from(dice.one_of(&FIRST).copied()));
            record.set(&last, Value::from(format!("{} {}", surnames[0], surnames[1])));
            record.set(&creator, Value::from(ADMINISTRATOR));
            if dice.below(3) == 0 {
                record.set(&email, Value::from(format!("persona{index}@example.test")));
            }
            if dice.below(4) == 0
                && let Some(company) = dice.one_of(&companies)
            {
                record.set(&account, Value::from(&**company));
            }
            let numbers = if dice.below(8) == 0 { 2 + dice.below(2) } else { 1 };
            for place in 0..numbers {
                let mobile = place == 0 || dice.below(2) == 0;
                let kind = if mobile { "Mobile" } else { "Office" };
                record.phones.push(Phone::new(&number(&mut dice, mobile), kind.into(), place == 0));
            }
            state.store.table_mut("Contact").put(record);
        }
        let change = Change::Populated(n);
        let fields = json!({"seed": seed});
        let entry = Stored { at, change, entity: "Contact".to_owned(), id: String::new(), request: None, fields };
        state.log.history.push(entry);
        drop(state);
        self.shared.tell_news();
    }

    fn company(&self, store: &mut super::store::Store, dice: &mut Dice) -> Option<Id> {
        let schema = store.schema("Account")?;
        let trade = dice.one_of(&TRADES)?;
        let name = format!("{trade} {} {}", dice.one_of(&LAST)?, dice.below(1000));
        let fields = json!({"name": name, "phoneNumber": number(dice, false)});
        let record = store.read_record(&schema, &fields, self.shared.clock.now());
        let id = record.id.clone();
        store.table_mut("Account").put(record);
        Some(id)
    }
}

/// A number of Costa Rica: eight digits, mobiles from 6 to 8, land lines with 2.
fn number(dice: &mut Dice, mobile: bool) -> String {
    let first = if mobile { 6 + dice.below(3) } else { 2 };
    format!("+506{first}{:07}", dice.below(10_000_000))
}
