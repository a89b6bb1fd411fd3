//! The whole day, on a virtual desktop: everything is typed and clicked where a person would.

use std::time::Duration;

use chrono::TimeDelta;
use timbre_domain::contact::Contact;
use timbre_domain::contact::ContactId;
use timbre_domain::dial::DialState;
use timbre_domain::ports::Clock as _;
use timbre_domain::texts::Catalogue;
use timbre_engine::api::event::{Condition, Event};
use timbre_simulator::{CallHandle, Fault};

use super::acts::{Story, Told, tell};
use super::cast::{Cast, Person};
use super::desk::{BETWEEN_KEYS, DIAL, Desk, POPUP};
use super::office::{self, Saved};
use super::paper::{self, Paper};
use super::stage::{ENDPOINT, Stage};
use super::words::Words;
use super::{Options, Trouble};
use crate::desktop::{TypingProbe, Wanted};
use crate::story::key_of;

/// The keys as they are chosen where nobody chose others.
const TO_THE_POPUP: &str = "ctrl+shift+space";
const DIAL_WINDOW: &str = "ctrl+shift+d";
/// The main window's title is all of it.
const MAIN: &str = "Timbre";
/// Longer than any outage of the demo.
const MANY: usize = 10_000;

pub(super) async fn play(stage: &mut Stage, options: &Options, words: &Words) -> Result<Told, Trouble> {
    let cast = Cast::of(options.seed);
    let paper = Paper::of(options.language);
    for person in cast.contacts() {
        if person.number == cast.known.number {
            paper::employ_well(&stage.crm, &person);
        } else {
            office::employ(&stage.crm, &person);
        }
    }
    let known = stage.sync().await?;
    println!("{}", words.synced(known));
    let contact = stage.contact(&cast.known).await?;
    remember(stage, paper, contact).await?;
    // Whoever is dialled answers, and talks for a while.
    stage.sim.telephone(ENDPOINT).answers_after(Some(Duration::from_secs(3)));
    for person in [&cast.dialled, &cast.known, &cast.pair[0], &cast.pair[1]] {
        let telephone = stage.sim.contact_telephone(&person.number);
        telephone.answers_after(Some(Duration::from_secs(3)));
        telephone.talks_for(Some(Duration::from_secs(5)));
    }
    let story = Story { stage, words, talk: cast.talk, results: Vec::new() };
    let text = Catalogue::of(options.language);
    let mut day = Day { story, words, text, paper, cast, expected: Vec::new(), dials: 0 };
    day.known().await?;
    day.several().await?;
    day.crm_goes_down().await?;
    day.stranger().await?;
    day.withheld().await?;
    day.crm_comes_back().await?;
    day.two_at_once().await?;
    day.call_back().await?;
    day.dial_by_name().await?;
    day.link().await?;
    day.tray_menu().await?;
    day.do_not_disturb().await?;
    day.provider_lost().await?;
    day.main_window().await?;
    day.story.title("record");
    day.story.records(day.expected.len()).await?;
    day.story.title("sending");
    day.story.everything_sent().await?;
    let Day { story, expected, dials, .. } = day;
    Ok(Told { results: story.results, events: story.stage.told().to_vec(), expected, dials, dialled_well: true })
}

/// What is known of the contact who calls first: the organisation's fields, and what was before.
async fn remember(stage: &Stage, paper: &Paper, contact: ContactId) -> Result<(), Trouble> {
    let id = contact.to_string();
    let fields = [format!("{}=1-1024-0567", paper.id_field), format!("{}={}", paper.plan_field, paper.plan)];
    let edit = ["contacts", "edit", &id, "--field", &fields[0], "--field", &fields[1]];
    stage.programs.ask::<Contact>(&edit, "contact").await?;
    let yesterday = (stage.clock.now() - TimeDelta::days(1)).to_rfc3339();
    for (disposition, comment, charge) in paper.past {
        let mut args = vec!["--contact", id.as_str(), "--disposition", disposition, "--comment", comment];
        if !charge.is_empty() {
            args.extend(["--charge", charge]);
        }
        if disposition == "luego" {
            args.extend(["--follow-up-at", yesterday.as_str(), "--follow-up-what", paper.plan]);
        }
        let args: Vec<String> = args.into_iter().map(str::to_owned).collect();
        stage.save(&args).await?;
    }
    Ok(())
}

struct Day<'a> {
    story: Story<'a>,
    words: &'a Words,
    text: &'static Catalogue,
    paper: &'static Paper,
    cast: Cast,
    expected: Vec<(Vec<String>, &'static str)>,
    dials: usize,
}

impl Day<'_> {
    fn title(&self, es: &'static str, en: &'static str, pt: &'static str) {
        println!("\n{}", self.words.pick(es, en, pt));
    }

    fn desk(&mut self) -> Result<&mut Desk, Trouble> {
        self.story.stage.desk()
    }

    fn text(&self, key: &'static str) -> &'static str {
        self.text.text(key)
    }

    /// The part of a text that stands before or after what is filled in, whichever is longer.
    fn fixed(&self, key: &'static str) -> &'static str {
        self.text(key).split(['{', '}']).step_by(2).max_by_key(|part| part.len()).unwrap_or_default().trim()
    }

    async fn situation(&mut self, name: &str) -> Result<(), Trouble> {
        self.story.stage.situation(name).await
    }

    /// A call whose pop-up is to say this.
    async fn rings(&mut self, number: &str, matched: &'static str) -> Result<CallHandle, Trouble> {
        let call = self.story.stage.sim.rings(number, ENDPOINT);
        self.expected.push((vec![call.callid()], matched));
        self.story.pop_up(&call).await?;
        self.story.stage.painted(&[call.callid()]).await?;
        Ok(call)
    }

    async fn answer(&mut self, call: &CallHandle) -> Result<(), Trouble> {
        call.answer();
        self.story.event("answered", &call.callid(), |event| matches!(event, Event::Connected(_))).await
    }

    async fn hang_up(&mut self, call: &CallHandle) -> Result<(), Trouble> {
        call.hang_up();
        self.story.end(call).await
    }

    /// Brings the keyboard to the newest pop-up.
    fn go_to_the_popup(&mut self) -> Result<(), Trouble> {
        let desk = self.desk()?;
        desk.presses(&[TO_THE_POPUP])?;
        desk.wait_until_active(POPUP)?;
        desk.sees(&Wanted::focused().within(POPUP))?;
        Ok(())
    }

    /// Puts the newest pop-up away.
    fn done_with_the_popup(&mut self) -> Result<(), Trouble> {
        self.go_to_the_popup()?;
        Ok(self.desk()?.puts_away()?)
    }

    fn comments(&mut self, comment: &str) -> Result<(), Trouble> {
        let field = self.text("form.comment");
        let desk = self.desk()?;
        desk.tabs_to(POPUP, field)?;
        Ok(desk.types(comment)?)
    }

    /// Saves what was typed in the pop-up, and waits for what its last line says of it.
    fn saves(&mut self, says: &'static str) -> Result<(), Trouble> {
        let says = self.fixed(says);
        let desk = self.desk()?;
        desk.presses(&["ctrl+Return"])?;
        desk.reads(POPUP, says)?;
        Ok(())
    }

    /// Remembers what was typed, to be compared with what the CRM has.
    fn typed(&mut self, callid: &str, disposition: &'static str, comment: &str) -> Result<(), Trouble> {
        let key = self.story.stage.told().iter().filter_map(key_of).find(|key| key.external_id == callid).cloned();
        let call = key.ok_or("a result of an unknown call")?;
        let named = self.paper.named(disposition);
        let saved = Saved { call, disposition, named, comment: comment.to_owned(), charge: None };
        println!("{}", self.words.saved(&saved));
        self.story.results.push(saved);
        Ok(())
    }

    fn chooses_in_tray(&mut self, labels: &[&str]) -> Result<(), Trouble> {
        let app = self.story.stage.app.as_ref().ok_or("there are no windows")?;
        let (pid, desk) = (app.pid().ok_or("timbre has ended")?, app.desk.as_ref().ok_or("there is no desktop")?);
        Ok(desk.chooses_in_tray(pid, labels)?)
    }

    /// Opens a page of the main window from the tray.
    fn opens(&mut self, entry: &'static str, page: &'static str) -> Result<(), Trouble> {
        let (entry, page) = (self.text(entry), self.text(page));
        self.chooses_in_tray(&[entry])?;
        let desk = self.desk()?;
        desk.wait_until_active(MAIN)?;
        desk.sees(&Wanted::named("heading", page))?;
        Ok(())
    }

    fn closes_main(&mut self) -> Result<(), Trouble> {
        let desk = self.desk()?;
        desk.wait_until_active(MAIN)?;
        desk.presses(&["alt+F4"])?;
        Ok(desk.wait_until_gone(MAIN)?)
    }

    async fn known(&mut self) -> Result<(), Trouble> {
        self.title(
            "Llama un contacto conocido, mientras la agente escribe en otro programa",
            "A known contact calls while the agent writes in another program",
            "Um contato conhecido liga enquanto a agente escreve em outro programa",
        );
        let letter = self.paper.typed_elsewhere;
        let mut probe = TypingProbe::open(self.desk()?.desktop())?;
        let call = {
            let (number, stage) = (self.cast.known.number.clone(), &*self.story.stage);
            let desktop = stage.app.as_ref().and_then(|app| app.desk.as_ref()).ok_or("there is no desktop")?.desktop();
            std::thread::scope(|both| -> Result<CallHandle, Trouble> {
                let typing = both.spawn(|| desktop.type_text(letter, BETWEEN_KEYS));
                probe.wait_for_length(8, Duration::from_secs(30))?;
                let call = stage.sim.rings(&number, ENDPOINT);
                typing.join().map_err(|_| "nobody types")??;
                Ok(call)
            })?
        };
        self.expected.push((vec![call.callid()], "one"));
        self.story.pop_up(&call).await?;
        self.story.stage.painted(&[call.callid()]).await?;
        let arrived = probe.settled_text(letter, Duration::from_secs(10))?;
        if arrived != letter || probe.focus_losses()? > 0 {
            return Err("a letter typed elsewhere was lost when the call popped up".into());
        }
        self.situation("known-rings").await?;

        self.answer(&call).await?;
        self.story.pause(3).await;
        self.situation("known-in-conversation").await?;
        self.go_to_the_popup()?;
        let below = self.paper.named("venta-contado");
        let desk = self.desk()?;
        desk.presses(&["1"])?;
        desk.reads(POPUP, below)?;
        self.situation("disposition-by-digits").await?;
        self.desk()?.presses(&["1"])?;
        let comment = self.paper.sale_comment;
        self.comments(comment)?;
        let [follow_up, tomorrow, charge, concept] =
            ["form.follow_up.add", "form.when.tomorrow", "form.charge.add", "form.charge.concept"]
                .map(|key| self.text(key));
        let sold = self.paper.sale_charge;
        let desk = self.desk()?;
        desk.tabs_to(POPUP, follow_up)?;
        desk.presses(&["space"])?;
        desk.tabs_to(POPUP, tomorrow)?;
        desk.presses(&["space"])?;
        desk.tabs_to(POPUP, charge)?;
        desk.presses(&["space"])?;
        desk.types("19900")?;
        desk.tabs_to(POPUP, concept)?;
        desk.types(sold)?;
        self.situation("result-typed").await?;
        // The call is told to the CRM when it is over.
        self.hang_up(&call).await?;
        self.situation("known-over").await?;
        self.saves("form.state.done")?;
        self.typed(&call.callid(), "venta-contado", comment)?;
        self.situation("result-in-the-crm").await?;
        self.done_with_the_popup()
    }

    async fn several(&mut self) -> Result<(), Trouble> {
        self.title(
            "Llama un número que comparten tres contactos",
            "A number calls that three contacts share",
            "Liga um número que três contatos compartilham",
        );
        let number = self.cast.sharing[0].number.clone();
        let call = self.rings(&number, "several").await?;
        self.situation("several-share-the-number").await?;
        self.answer(&call).await?;
        self.go_to_the_popup()?;
        let none = self.text("popup.choice.none");
        let desk = self.desk()?;
        desk.presses(&["2"])?;
        desk.reads_no(POPUP, none)?;
        self.situation("chosen-by-digit").await?;
        self.desk()?.presses(&["2"])?;
        let comment = self.paper.question_comment;
        self.comments(comment)?;
        self.hang_up(&call).await?;
        self.saves("form.state.done")?;
        self.typed(&call.callid(), "consulta", comment)?;
        self.done_with_the_popup()
    }

    async fn crm_goes_down(&mut self) -> Result<(), Trouble> {
        self.story.title("crm_down");
        self.story.stage.crm.go_down();
        Ok(())
    }

    async fn stranger(&mut self) -> Result<(), Trouble> {
        self.title(
            "Llama un número que nadie tiene",
            "A number calls that nobody has",
            "Liga um número que ninguém tem",
        );
        let number = self.cast.stranger.clone();
        let call = self.rings(&number, "unknown").await?;
        self.situation("nobody-has-the-number").await?;
        self.answer(&call).await?;
        let new = self.text("popup.new");
        let (name, company) = (self.paper.newcomer, self.paper.newcomer_company);
        let field = self.text("popup.new.name");
        let desk = self.desk()?;
        desk.clicks(&Wanted::named("push button", new).within(POPUP))?;
        desk.wait_until_active(POPUP)?;
        desk.tabs_to(POPUP, field)?;
        desk.types(name)?;
        desk.presses(&["Tab"])?;
        desk.types(company)?;
        self.situation("new-contact-typed").await?;
        let desk = self.desk()?;
        desk.presses(&["Return"])?;
        desk.reads_no(POPUP, field)?;
        desk.reads(POPUP, name)?;
        desk.sees(&Wanted::focused().within(POPUP))?;
        desk.presses(&["3"])?;
        let comment = self.paper.newcomer_comment;
        self.comments(comment)?;
        self.hang_up(&call).await?;
        self.saves("form.state.waits.crm")?;
        self.typed(&call.callid(), "luego", comment)?;
        self.situation("result-waits-for-the-crm").await?;
        self.done_with_the_popup()
    }

    async fn withheld(&mut self) -> Result<(), Trouble> {
        self.title(
            "Llama un número oculto, y nadie contesta",
            "A withheld number calls, and nobody answers",
            "Liga um número oculto, e ninguém atende",
        );
        let call = self.rings(self.cast.withheld, "withheld").await?;
        self.situation("withheld").await?;
        self.hang_up(&call).await?;
        self.desk()?.waits_for_notifications(1)?;
        self.situation("withheld-missed").await?;
        // Of itself: nobody answered.
        Ok(self.desk()?.wait_until_gone(POPUP)?)
    }

    async fn crm_comes_back(&mut self) -> Result<(), Trouble> {
        self.opens("tray.outbox", "outbox.title")?;
        let waiting = self.text("main.outbox.waiting");
        self.desk()?.reads(MAIN, waiting)?;
        self.situation("outbox-waits").await?;
        self.story.title("crm_up");
        self.story.stage.crm.come_up();
        self.story.everything_sent().await?;
        self.desk()?.reads_no(MAIN, waiting)?;
        self.situation("outbox-sent").await?;
        self.closes_main()
    }

    async fn two_at_once(&mut self) -> Result<(), Trouble> {
        self.title(
            "Dos llamadas a la vez; una se pierde",
            "Two calls at once; one is missed",
            "Duas chamadas ao mesmo tempo; uma se perde",
        );
        // What was told before, such as that the CRM is back, is off the screen.
        self.desk()?.waits_for_notifications(0)?;
        let first = self.rings(&self.cast.pair[0].number.clone(), "one").await?;
        let second = self.rings(&self.cast.pair[1].number.clone(), "one").await?;
        self.situation("two-at-once").await?;
        self.answer(&first).await?;
        self.hang_up(&second).await?;
        self.desk()?.waits_for_notifications(1)?;
        self.situation("missed-call").await?;
        self.hang_up(&first).await
    }

    async fn call_back(&mut self) -> Result<(), Trouble> {
        self.title(
            "La llamada perdida se devuelve desde su aviso",
            "The missed call is called back from its notification",
            "A chamada perdida é retornada pelo aviso",
        );
        let (back, asks) = (self.text("notice.action.call_back"), self.text("dial.from.call_back"));
        let desk = self.desk()?;
        desk.chooses_action(back)?;
        desk.wait_until_active(DIAL)?;
        desk.reads(DIAL, asks)?;
        self.situation("call-back-asks").await?;
        self.desk()?.presses(&["Return"])?;
        let callid = self.follow("call-back").await?;
        self.asked_something(&callid)?;
        // The pop-up of the call before.
        let before = self.expected.iter().rev().nth(2).and_then(|(callids, _)| callids.first().cloned());
        self.asked_something(&before.ok_or("there was no call before")?)
    }

    /// The shortest result there is: a digit, and it is saved.
    fn asked_something(&mut self, callid: &str) -> Result<(), Trouble> {
        self.go_to_the_popup()?;
        self.desk()?.presses(&["2"])?;
        self.saves("form.state.done")?;
        self.typed(callid, "consulta", "")?;
        // After the save the keyboard went back to where the agent came from.
        self.done_with_the_popup()
    }

    /// Follows a dial from the dial window to its end, with pictures of its progress.
    async fn follow(&mut self, name: &str) -> Result<String, Trouble> {
        self.dials += 1;
        self.dialled_is(DialState::ContactRinging).await?;
        self.situation(&format!("{name}-rings")).await?;
        self.dialled_is(DialState::Connected).await?;
        let dials = self.story.stage.sim.ledger().dials;
        let legs = dials.last().map(|dial| dial.callids.clone()).unwrap_or_default();
        self.expected.push((legs.clone(), "dialled"));
        self.situation(&format!("{name}-in-conversation")).await?;
        self.dialled_is(DialState::Ended).await?;
        self.situation(&format!("{name}-over")).await?;
        // It goes by itself once the outcome was to be seen for a while.
        self.desk()?.wait_until_gone(DIAL)?;
        self.story.last_ended().ok_or_else(|| "the dialled call never ended".into())
    }

    async fn dialled_is(&mut self, state: DialState) -> Result<(), Trouble> {
        let words = self.words;
        self.story
            .stage
            .until(&format!("a dial that is {state:?}"), |event| {
                tell(words, event);
                matches!(event, Event::Dial(step) if step.progress.state == state).then_some(())
            })
            .await
    }

    async fn dial_by_name(&mut self) -> Result<(), Trouble> {
        self.title(
            "La agente marca: un nombre y Enter",
            "The agent dials: a name and Enter",
            "A agente disca: um nome e Enter",
        );
        let Person { name, .. } = self.cast.dialled.clone();
        let desk = self.desk()?;
        desk.presses(&[DIAL_WINDOW])?;
        desk.wait_until_active(DIAL)?;
        desk.sees(&Wanted::focused().within(DIAL))?;
        self.situation("dial-window").await?;
        let desk = self.desk()?;
        desk.types(&name)?;
        desk.reads(DIAL, &name)?;
        self.situation("dial-window-found").await?;
        self.desk()?.presses(&["Return"])?;
        let callid = self.follow("dialled").await?;
        self.go_to_the_popup()?;
        self.desk()?.presses(&["3"])?;
        let comment = self.paper.dialled_comment;
        self.comments(comment)?;
        self.saves("form.state.done")?;
        self.typed(&callid, "luego", comment)?;
        self.situation("dialled-result").await?;
        self.done_with_the_popup()
    }

    async fn link(&mut self) -> Result<(), Trouble> {
        self.title(
            "Un enlace de otro programa pide llamar, y pregunta",
            "A link of another program wants to call, and asks",
            "Um link de outro programa pede para ligar, e pergunta",
        );
        let link = format!("tel:+506{};ext=204", self.cast.stranger);
        let opened = self.story.stage.programs.command("timbre").arg(link).status().await?;
        if !opened.success() {
            return Err("a second start does not end well".into());
        }
        let asks = self.text("dial.from.link");
        let desk = self.desk()?;
        desk.wait_until_active(DIAL)?;
        desk.reads(DIAL, asks)?;
        self.situation("a-link-asks").await?;
        let desk = self.desk()?;
        desk.presses(&["Escape"])?;
        desk.wait_until_gone(DIAL)?;
        if self.story.stage.sim.ledger().dials.len() == self.dials { Ok(()) } else { Err("a link dialled".into()) }
    }

    async fn tray_menu(&mut self) -> Result<(), Trouble> {
        self.title("El menú de la bandeja", "The tray's menu", "O menu da bandeja");
        // The panel has nothing but the tray, and the tray nothing but Timbre.
        self.desk()?.desktop().click(1440 - 14, 13)?;
        self.story.pause(1).await;
        self.situation("tray-menu").await?;
        Ok(self.desk()?.presses(&["Escape"])?)
    }

    async fn do_not_disturb(&mut self) -> Result<(), Trouble> {
        self.title(
            "No molestar: una llamada no muestra nada",
            "Do not disturb: a call shows nothing",
            "Não perturbe: uma chamada não mostra nada",
        );
        let [quiet, until_off, off] =
            ["tray.quiet", "tray.quiet.until_off", "tray.quiet.off"].map(|key| self.text(key));
        self.chooses_in_tray(&[quiet, until_off])?;
        self.opens("tray.history", "today.title")?;
        let call = self.story.stage.sim.rings(&self.cast.known.number, ENDPOINT);
        self.expected.push((vec![call.callid()], ""));
        self.story.event("a call", &call.callid(), |event| matches!(event, Event::Detected(_))).await?;
        self.story.pause(2).await;
        self.situation("do-not-disturb").await?;
        self.hang_up(&call).await?;
        self.chooses_in_tray(&[quiet, off])
    }

    async fn provider_lost(&mut self) -> Result<(), Trouble> {
        self.title(
            "El proveedor no responde, y vuelve",
            "The provider does not answer, and comes back",
            "O provedor não responde, e volta",
        );
        self.story.stage.sim.faults().for_next(MANY, Fault::ConnectionReset);
        self.provider_is(Condition::Failing).await?;
        self.desk()?.waits_for_notifications(1)?;
        self.situation("provider-lost").await?;
        self.story.stage.sim.faults().clear();
        self.provider_is(Condition::Ok).await?;
        self.story.pause(1).await;
        self.situation("provider-back").await
    }

    async fn provider_is(&mut self, condition: Condition) -> Result<(), Trouble> {
        let is = |event: &Event| matches!(event, Event::Provider(state) if state.state == condition).then_some(());
        self.story.stage.until(&format!("a provider that is {condition:?}"), is).await
    }

    async fn main_window(&mut self) -> Result<(), Trouble> {
        self.title("La ventana principal", "The main window", "A janela principal");
        let desk = self.desk()?;
        desk.wait_until_active(MAIN)?;
        // The call that was missed, at the top.
        desk.clicks(&Wanted { role: Some("list item"), ..Wanted::default() }.within(MAIN))?;
        self.story.pause(1).await;
        self.situation("main-calls").await?;
        self.desk()?.presses(&["ctrl+k"])?;
        self.story.pause(1).await;
        self.situation("main-palette").await?;
        self.desk()?.presses(&["Escape"])?;
        for (entry, page, name) in [
            ("tray.pending", "pending.title", "main-pending"),
            ("tray.outbox", "outbox.title", "main-outbox"),
            ("tray.settings", "main.page.settings", "main-settings"),
        ] {
            self.opens_counted(entry, page)?;
            self.situation(name).await?;
        }
        self.closes_main()
    }

    /// Opens a page whose entry in the tray may carry a count.
    fn opens_counted(&mut self, entry: &'static str, page: &'static str) -> Result<(), Trouble> {
        let words = self.text(entry);
        let app = self.story.stage.app.as_ref().ok_or("there are no windows")?;
        let (pid, desk) = (app.pid().ok_or("timbre has ended")?, app.desk.as_ref().ok_or("there is no desktop")?);
        let menu = desk.tray_item(pid)?.menu()?;
        let label = menu.iter().find(|one| one.label.starts_with(words)).map(|one| one.label.clone());
        self.chooses_in_tray(&[&label.ok_or("an entry is missing in the tray's menu")?])?;
        let page = self.text(page);
        self.desk()?.sees(&Wanted::named("heading", page))?;
        Ok(())
    }
}
