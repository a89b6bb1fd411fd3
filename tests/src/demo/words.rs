//! The narrator's words. They belong to the demo, not to the product, so they are here and not in the catalogue.

use chrono::{DateTime, Utc};
use timbre_domain::matching::MatchName;
use timbre_domain::outbox::RecordKind;
use timbre_domain::texts::{Catalogue, Language};
use timbre_engine::api::event::{Event, PopupEvent};
use timbre_engine::crm::connector::ConnectorHealth;

use super::Options;
use super::office::Saved;

/// The narrator, in one language.
pub(super) struct Words {
    language: Language,
    catalogue: &'static Catalogue,
}

impl Words {
    pub(super) fn of(language: Language) -> Self {
        Self { language, catalogue: Catalogue::of(language) }
    }

    pub(super) fn pick(&self, es: &'static str, en: &'static str, pt: &'static str) -> &'static str {
        match self.language {
            Language::Es => es,
            Language::En => en,
            Language::Pt => pt,
        }
    }

    pub(super) fn opening(&self, options: &Options) -> String {
        let pace = if options.real_time {
            self.pick("a su ritmo real", "at its real pace", "no ritmo real")
        } else {
            self.pick(
                "con el reloj del proveedor diez veces más rápido",
                "with the vendor's clock ten times as fast",
                "com o relógio do provedor dez vezes mais rápido",
            )
        };
        format!("Timbre · demo · seed {} · {pace}", options.seed)
    }

    /// What is different where somebody looks on at their own display.
    pub(super) fn onlooker(&self) -> &'static str {
        self.pick(
            "En su pantalla nadie teclea por usted: los resultados los escribe timbrectl. Sin pantalla (env -u DISPLAY) se \
             ve el día entero, tecleado en las ventanas, con capturas.",
            "On your own display nobody types for you: timbrectl writes the results. Without a display (env -u DISPLAY) \
             the whole day is played, typed into the windows, with screenshots.",
            "Na sua tela ninguém digita por você: o timbrectl escreve os resultados. Sem tela (env -u DISPLAY) o dia \
             inteiro é jogado, digitado nas janelas, com capturas.",
        )
    }

    pub(super) fn title(&self, of: &'static str) -> &'static str {
        match of {
            "known" => {
                self.pick("1. Llama un contacto conocido", "1. A known contact calls", "1. Um contato conhecido liga")
            }
            "sharing" => self.pick(
                "2. Llama un número que comparten tres contactos",
                "2. A number calls that three contacts share",
                "2. Liga um número que três contatos compartilham",
            ),
            "stranger" => self.pick(
                "3. Llama un número que nadie tiene",
                "3. A number calls that nobody has",
                "3. Liga um número que ninguém tem",
            ),
            "withheld" => self.pick(
                "4. Llama un número oculto, y nadie contesta",
                "4. A withheld number calls, and nobody answers",
                "4. Liga um número oculto, e ninguém atende",
            ),
            "pair" => self.pick("5. Dos llamadas a la vez", "5. Two calls at once", "5. Duas chamadas ao mesmo tempo"),
            "dial" => self.pick(
                "6. Timbre marca a un contacto",
                "6. Timbre dials a contact",
                "6. O Timbre disca para um contato",
            ),
            "record" => self.pick("Y el registro del proveedor", "And the vendor's record", "E o registro do provedor"),
            "crm_down" => self.pick(
                "── El CRM se cae: lo que se guarda desde ahora espera ──",
                "── The CRM goes down: what is saved from now on waits ──",
                "── O CRM cai: o que é salvo a partir de agora espera ──",
            ),
            "crm_up" => self.pick(
                "── El CRM vuelve: lo que esperaba se envía solo ──",
                "── The CRM is back: what waited is sent by itself ──",
                "── O CRM volta: o que esperava é enviado sozinho ──",
            ),
            "sending" => {
                self.pick("Lo que falta llega al CRM", "What is left gets to the CRM", "O que falta chega ao CRM")
            }
            "crm" => self.pick("Lo que hay en el CRM:", "What the CRM has:", "O que há no CRM:"),
            "check" => self.pick(
                "Comparado con el libro del simulador:",
                "Compared with the simulator's ledger:",
                "Comparado com o livro do simulador:",
            ),
            "good" => self.pick("Todo coincide.", "Everything agrees.", "Tudo coincide."),
            "bad" => self.pick("Algo no coincide.", "Something does not agree.", "Algo não coincide."),
            "trouble" => self.pick("La demo no pudo seguir", "The demo could not go on", "A demo não pôde continuar"),
            other => other,
        }
    }

    pub(super) fn synced(&self, contacts: u64) -> String {
        let words = self.pick("contactos llegaron del CRM", "contacts came from the CRM", "contatos vieram do CRM");
        format!("{contacts} {words}")
    }

    pub(super) fn saved(&self, result: &Saved) -> String {
        let word = self.pick("gestión guardada", "result saved", "resultado salvo");
        format!("            {word}: {} · {}", result.disposition, result.comment)
    }

    /// An event as a line of the story; `None` for what only machines want to know.
    pub(super) fn line(&self, event: &Event) -> Option<String> {
        let text = self.catalogue;
        Some(match event {
            Event::Popup(popup) => {
                let line = text.fill("line", &[("endpoint", popup.call.endpoint.as_str())]);
                let direction = match popup.call.direction {
                    timbre_domain::call::Direction::In => text.text("direction.in"),
                    timbre_domain::call::Direction::Out => text.text("direction.out"),
                    timbre_domain::call::Direction::Internal => text.text("direction.internal"),
                };
                let number = if popup.number_written.is_empty() { "—" } else { &popup.number_written };
                let took = popup.after_answer_ms;
                format!("{}  {direction} · {line} · {number} ▸ {} ({took:.1} ms)", at(popup.at), self.who(popup))
            }
            Event::Connected(call) => format!("{}  {}", at(call.at), text.text("state.connected")),
            Event::Ended(call) => format!("{}  {}", at(call.at), text.text("state.ended")),
            Event::Dial(step) => {
                let word = serde_json::to_value(step.progress.state).ok()?;
                let key = format!("dial.state.{}", word.as_str()?);
                format!("{}  {}", at(step.progress.at), text.text(&key))
            }
            Event::Recorded(recorded) => {
                let cost = recorded.cost.as_deref().unwrap_or("0");
                let currency = recorded.currency.as_deref().unwrap_or_default();
                let reason = recorded.end_reason.as_deref().unwrap_or_default();
                let (minutes, seconds) = (recorded.duration_s / 60, recorded.duration_s % 60);
                format!(
                    "{}  {}  {minutes}:{seconds:02} · {cost} {currency} · {reason}",
                    at(recorded.at),
                    recorded.call_key.external_id
                )
            }
            Event::OutboxSent(sent) => {
                let kind = text.text(match sent.item.kind {
                    RecordKind::Call => "record.call",
                    RecordKind::FollowUp => "record.follow_up",
                    RecordKind::Charge => "record.charge",
                    RecordKind::Note => "record.note",
                    RecordKind::Contact => "record.contact",
                });
                let remote = sent.item.remote_id.as_deref().unwrap_or_default();
                let word = self.pick("en el CRM", "in the CRM", "no CRM");
                format!("{}  ✓ {word}: {kind} {remote}", at(sent.at))
            }
            Event::OutboxParked(parked) => {
                let problem = parked.item.problem.as_ref();
                let what = problem.map(|problem| text.crm_what(problem.code)).unwrap_or_default();
                let words = problem.map(|problem| problem.words.as_str()).unwrap_or_default();
                format!("{}  ✘ {what} {words}", at(parked.at))
            }
            Event::Connector(state) => match &state.condition {
                ConnectorHealth::Ready => {
                    format!("{}  {}", at(state.at), self.pick("el CRM responde", "the CRM answers", "o CRM responde"))
                }
                ConnectorHealth::Waits { why, .. } | ConnectorHealth::Stopped { why } => {
                    format!("{}  CRM: {}", at(state.at), text.crm_what(why.code))
                }
            },
            Event::Detected(_)
            | Event::Resumed(_)
            | Event::Identified(_)
            | Event::Component(_)
            | Event::Status(_)
            | Event::Provider(_)
            | Event::Store(_)
            | Event::Import(_)
            | Event::Sync(_)
            | Event::Kind(_)
            | Event::OutboxWaiting(_) => {
                return None;
            }
        })
    }

    fn who(&self, popup: &PopupEvent) -> String {
        let text = self.catalogue;
        let names: Vec<_> = popup.contacts.iter().map(|contact| contact.display_name()).collect();
        let (name, names) = (names.first().copied().unwrap_or_default(), names.join(" | "));
        match popup.matched {
            MatchName::One => format!("{name} · {}", text.text("match.one")),
            MatchName::Several => {
                format!("{} · {names}", text.fill("match.several", &[("count", &popup.contacts.len().to_string())]))
            }
            MatchName::Maybe => {
                format!("{name} · {}", text.fill("match.maybe", &[("others", &popup.others.to_string())]))
            }
            MatchName::Dialled => format!("{name} · {}", text.text("match.dialled")),
            MatchName::Unknown => text.text("match.unknown").to_owned(),
            MatchName::Withheld => text.text("match.withheld").to_owned(),
            MatchName::Colleague => text.text("match.colleague").to_owned(),
            MatchName::NotKnownYet => text.text("match.not_known_yet").to_owned(),
        }
    }
}

fn at(time: DateTime<Utc>) -> String {
    format!("  {}", time.with_timezone(&chrono_tz::America::Costa_Rica).format("%H:%M:%S"))
}
