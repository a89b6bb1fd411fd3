//! What happened: the weeks before in short, and the morning call by call.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;
use timbre_domain::caller::TypedCaller;
use timbre_domain::contact::ContactId;
use timbre_domain::interaction::{Charge, FollowUp, InteractionEdit};
use timbre_domain::preferences::{DoNotDisturb, Preferences};
use timbre_domain::status::TrayStatus;
use timbre_engine::api::command;
use timbre_engine::calls::dialler::DialRequest;
use timbre_simulator::crm::Fault as CrmFault;
use timbre_simulator::{CallHandle, Fault, RequestKind};
use uuid::Uuid;

use super::{Office, SALES, SUPPORT, typed};
use crate::agent::{MINUTE, settled};

/// How long a call rings until its status is looked at.
const RUNG: Duration = Duration::from_secs(15);
/// How long after it began a call is answered.
const ANSWERED: Duration = Duration::from_secs(6);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// The day of the morning, counted from the beginning of the story.
const TODAY: u32 = 61;

fn charge(amount: &str, currency: &str, concept: &str) -> InteractionEdit {
    let charge = Charge {
        id: Uuid::nil(),
        amount: amount.parse().unwrap(),
        currency: currency.parse().unwrap(),
        concept: concept.into(),
    };
    InteractionEdit { charges: Some(vec![charge]), ..InteractionEdit::default() }
}

fn order(number: &str, more: InteractionEdit) -> InteractionEdit {
    InteractionEdit { fields: [("pedido".to_owned(), number.to_owned())].into(), ..more }
}

impl Office {
    fn promise(&self, after: Duration, whom: Option<&str>, what: &str) -> InteractionEdit {
        let at = self.scene_began() + TimeDelta::from_std(after).unwrap();
        let follow_up = FollowUp { at, whom: whom.map(str::to_owned), what: what.into() };
        InteractionEdit { follow_up: Some(Some(follow_up)), ..InteractionEdit::default() }
    }

    /// Two months: who is known from before, and calls of every kind.
    pub(super) async fn weeks_before(&mut self, people: &BTreeMap<&str, ContactId>) {
        self.moments().await;
        let ana = people["Ana Lucía Fernández"];
        self.at(0, 40).await;
        let key = self.rings("88884787", SALES, 95).await;
        self.at(0, 48).await;
        let renewed = order("A-1180", charge("15000", "CRC", "Renovación"));
        self.save(&key, "venta.renovacion", "Renueva por un año.", renewed).await;
        self.at(0, 55).await;
        let key = self.rings("24421180", SALES, 0).await;
        self.sample("several", &key);
        self.at(0, 60).await;
        let key = self.calls("24421180", 0).await;
        self.sample("maybe", &key);
        self.at(0, 65).await;
        let key = self.rings("541123456789", SALES, 41).await;
        self.sample("otherform", &key);
        self.at(0, 71).await;
        let key = self.rings("22904400", SALES, 0).await;
        self.sample("first", &key);
        self.at(0, 76).await;
        let call = self.story.sim.internal_at(self.begins(), SALES, SUPPORT);
        let key = self.whole(call, 12).await;
        self.sample("colleague", &key);
        self.at(0, 95).await;
        self.vendor_fails().await;

        self.at(44, 30).await;
        let key = self.rings("88884787", SALES, 612).await;
        self.at(44, 46).await;
        let credit = charge("35.50", "USD", "Nota de crédito");
        self.save(&key, "reclamo.factura", "Factura 8812 duplicada; se hizo nota de crédito.", credit).await;
        // Answered, and nobody ever wrote what came of it: after a week that is pending no more.
        self.at(52, 30).await;
        self.rings("25561188", SALES, 61).await;

        self.at(60, 0).await;
        self.story.sim.contact_telephone("88884787").talks_for(Some(Duration::from_secs(247)));
        self.wait_until(self.begins()).await;
        let dial = DialRequest { number: "88884787".into(), contact: Some(ana), ..DialRequest::default() };
        self.story.execute(command::Dial(dial)).await.unwrap();
        let key = self.over().await;
        self.sample("dialled", &key);
        self.at(60, 12).await;
        let promised = self.promise(HOUR, None, "Enviar cotización del plan 500");
        let comment = "Quiere comparar con el plan de 500; manda la cotización del otro proveedor.";
        self.save(&key, "interesado", comment, promised).await;
        self.at(60, 20).await;
        self.rings("83017755", SALES, 95).await;
        self.at(60, 28).await;
        self.calls("27771203", 0).await;
    }

    /// From this moment on, minutes after eight o'clock in Costa Rica on a day of the story. What went before may have taken
    /// a little longer or shorter, as disks and networks do; what follows goes the same way at every run.
    async fn at(&mut self, day: u32, minute: u64) {
        self.moment = day * DAY + Duration::from_secs(60 * minute);
        self.story.resume_at(self.moment).await;
    }

    /// How Timbre is in situations that the morning does not bring.
    async fn moments(&mut self) {
        self.note_status("ready").await;
        self.at(0, 3).await;
        let began = self.begins();
        let call = self.story.sim.rings_at(began, "88884787", SALES);
        let key = self.seen().await;
        self.wait_until(began + RUNG).await;
        self.note_status("ringing").await;
        call.answer();
        let answered = began + RUNG;
        let other = self.story.sim.rings_at(answered + 5 * MINUTE, "5511912345678", SALES);
        self.wait_until(answered + Duration::from_secs(247)).await;
        self.note_status("in_call").await;
        let second = self.seen().await;
        self.wait_until(answered + 5 * MINUTE + RUNG).await;
        self.note_status("two").await;
        other.hang_up();
        self.recorded(&second).await;
        call.hang_up();
        self.recorded(&key).await;
        self.at(0, 16).await;
        let call = self.story.sim.rings_at(self.begins(), "anonymous", SALES);
        self.status_of("withheld", call).await;
        self.at(0, 20).await;
        let call = self.story.sim.calls_out_at(self.begins(), SALES, "24411090");
        self.status_of("dialling", call).await;
        self.at(0, 25).await;
        let quiet = DoNotDisturb { until: Some(self.scene_began() + TimeDelta::hours(1)) };
        let chosen = Preferences { do_not_disturb: Some(quiet), ..Preferences::default() };
        self.story.execute(command::PreferencesSet(chosen)).await.unwrap();
        self.note_status("do_not_disturb").await;
        self.story.execute(command::PreferencesSet(Preferences::default())).await.unwrap();
    }

    /// How Timbre is while this call rings, which then ends.
    async fn status_of(&mut self, name: &'static str, call: CallHandle) {
        let key = self.seen().await;
        self.wait_until(self.begins() + RUNG).await;
        self.note_status(name).await;
        call.hang_up();
        self.recorded(&key).await;
    }

    /// How Timbre is while the vendor fails.
    async fn vendor_fails(&mut self) {
        self.story.sim.faults().on(RequestKind::Live, usize::MAX, Fault::Http500);
        while self.note_status("unreachable").await != TrayStatus::Unreachable {
            self.story.polls(1).await;
        }
        self.story.sim.faults().clear();
    }

    /// The morning, up to a call that goes on.
    pub(super) async fn morning(&mut self) {
        let nothing = InteractionEdit::default;
        self.at(TODAY, 0).await;
        let key = self.calls("87120045", 66).await;
        self.at(TODAY, 6).await;
        self.save(&key, "informacion", "", nothing()).await;
        self.at(TODAY, 11).await;
        self.rings("88884787", SALES, 0).await;
        self.at(TODAY, 16).await;
        self.rings("89905531", SALES, 0).await;
        self.at(TODAY, 21).await;
        let key = self.calls("60027719", 148).await;
        self.at(TODAY, 29).await;
        self.story.crm().faults().on("POST", "Contact", 3, CrmFault::Refuse { status: 409, reason: None });
        let caller = TypedCaller { name: "Esteban Ulate".into(), ..TypedCaller::default() };
        let edit = InteractionEdit { finish: true, ..typed("informacion", "Pide una cotización.", nothing()) };
        self.write(&key, edit, Some(caller)).await;
        settled(&mut self.story).await;
        self.story.crm().faults().clear();
        self.at(TODAY, 36).await;
        let key = self.rings("22231200", SALES, 75).await;
        self.at(TODAY, 42).await;
        self.save(&key, "informacion", "", nothing()).await;
        self.at(TODAY, 46).await;
        let key = self.rings("27771203", SUPPORT, 187).await;
        self.at(TODAY, 54).await;
        self.save(&key, "reclamo.entrega", "No recibe llamadas desde ayer.", nothing()).await;
        self.at(TODAY, 58).await;
        let key = self.rings("anonymous", SALES, 33).await;
        self.sample("withheld", &key);
        self.at(TODAY, 64).await;
        self.save(&key, "equivocado", "", nothing()).await;
        self.at(TODAY, 68).await;
        let key = self.calls("25561188", 301).await;
        self.at(TODAY, 78).await;
        let promised = self.promise(2 * DAY, Some("Diego Vargas"), "Confirmar el pago");
        self.save(&key, "interesado", "Paga el lunes por la mañana.", promised).await;
        self.at(TODAY, 82).await;
        self.rings("61118204", SALES, 54).await;
        self.at(TODAY, 88).await;
        let key = self.rings("26530098", SALES, 418).await;
        self.at(TODAY, 100).await;
        let no = CrmFault::Refuse { status: 400, reason: Some("field accountId: required".into()) };
        self.story.crm().faults().on("POST", "CCharge", usize::MAX, no);
        let sold = order("A-2291", charge("48500.00", "CRC", "Instalación"));
        self.save(&key, "venta.nueva.contado", "Contrata el plan para doce habitaciones.", sold).await;
        self.at(TODAY, 108).await;
        self.calls("26530098", 0).await;
        self.at(TODAY, 113).await;
        self.rings("88013322", SUPPORT, 0).await;
        self.at(TODAY, 118).await;
        let key = self.rings("24362300", SUPPORT, 612).await;
        self.sample("company", &key);
        self.at(TODAY, 133).await;
        self.save(&key, "informacion", "Consulta por el cartel de la licitación 2026-14.", nothing()).await;

        self.at(TODAY, 140).await;
        self.note_status("waiting").await;
        self.story.crm().go_down();
        let key = self.calls("22904410", 132).await;
        self.at(TODAY, 147).await;
        let promised = self.promise(2 * DAY, None, "Preguntar cómo sigue el equipo");
        self.sample("final", &key);
        let edit = typed("reclamo.entrega", "Se reinició el equipo y quedó funcionando.", promised);
        self.write(&key, InteractionEdit { finish: true, ..edit }, None).await;
        self.story.polls(10).await;
        self.at(TODAY, 151).await;
        let key = self.rings("70459921", SALES, 0).await;
        self.sample("unknown", &key);
        self.at(TODAY, 156).await;
        let key = self.rings("87120045", SALES, 247).await;
        self.sample("draft", &key);
        self.at(TODAY, 165).await;
        self.write(&key, typed("", "Pide otra unidad para el viernes; ver si hay en", nothing()), None).await;

        self.at(TODAY, 170).await;
        let began = self.begins();
        let _goes_on = self.story.sim.rings_at(began, "88884787", SALES).answers_after(ANSWERED);
        let key = self.seen().await;
        self.sample("one", &key);
        self.wait_until(began + ANSWERED + Duration::from_secs(90)).await;
        self.note_status("day").await;
    }
}
