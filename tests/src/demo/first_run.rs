//! The first run, in a profile of its own and against a vendor and a CRM of its own, so that the day's ledgers tell of the
//! day alone: from a language to a Timbre that asks the vendor by itself.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use timbre_domain::texts::{Catalogue, Language};
use timbre_simulator::crm::{Crm, DEFAULT_API_KEY};
use timbre_simulator::{RealClock, RequestKind, SignIn, Simulator, SimulatorConfig};

use super::desk::Desk;
use super::pictures::Pictures;
use super::stage::{ENDPOINT, Programs, end};
use super::{Options, Trouble, office};
use crate::desktop::Wanted;

/// How long Timbre may take to begin to work.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sets Timbre up as a person does who has just installed it.
pub(super) async fn play(
    desk: &mut Desk,
    programs: &Programs,
    pictures: &mut Pictures,
    dir: &Path,
    options: &Options,
) -> Result<(), Trouble> {
    let password = format!("clave-{}", options.seed);
    let clock = Arc::new(RealClock::new());
    let config = SimulatorConfig {
        sign_ins: vec![SignIn::new(ENDPOINT, &password)],
        endpoints: vec![("43715".to_owned(), ENDPOINT.to_owned()), ("43716".to_owned(), "8373457".to_owned())],
        reading_interval: options.reading_interval(),
        seed: options.seed,
        ..SimulatorConfig::default()
    };
    let sim = Simulator::start(config, clock.clone()).await?;
    let crm = Crm::start(office::config(options.seed), clock).await?;
    crm.populate(12, options.seed);

    let profile = Programs {
        config: dir.join("timbre.toml"),
        data_dir: dir.join("data"),
        // What is in the environment would not be asked for.
        environment: programs
            .environment
            .iter()
            .filter(|(name, _)| !name.starts_with("TIMBRE_SECRET"))
            .cloned()
            .collect(),
        ..programs.clone()
    };
    let mut child = profile.command("timbre").spawn()?;
    let hand = Hand { desk, pictures, text: Catalogue::of(options.language) };
    hand.sets_up(options.language, &sim.base_url(), crm.base_url().trim_end_matches("api/v1/"), &password).await?;
    let asked = sim.ledger().requests_of(RequestKind::Live).count();
    let works = sim.wait_until(|ledger| {
        ledger.requests_of(RequestKind::Live).skip(asked).any(|request| request.answered.is_some())
    });
    tokio::time::timeout(PATIENCE, works).await.map_err(|_| "set up, Timbre does not ask the vendor")?;
    end(&mut child).await?;
    sim.stop().await;
    crm.stop().await;
    Ok(())
}

struct Hand<'a> {
    desk: &'a mut Desk,
    pictures: &'a mut Pictures,
    text: &'static Catalogue,
}

impl Hand<'_> {
    async fn sets_up(self, language: Language, vendor: &str, crm: &str, password: &str) -> Result<(), Trouble> {
        let Self { desk, pictures, text } = self;
        let text = |key: &'static str| text.text(key);
        let own = match language {
            Language::Es => text("setup.language.es"),
            Language::En => text("setup.language.en"),
            Language::Pt => text("setup.language.pt"),
        };
        desk.clicks(&Wanted { name: Some(own), role: Some("radio button"), ..Wanted::default() })?;
        desk.sees(&Wanted::named("heading", text("setup.language.title")))?;
        pictures.take(desk, "first-run-language").await?;

        desk.presses(&["Return"])?;
        desk.sees(&Wanted { role: Some("entry"), state: Some("focused"), ..Wanted::default() })?;
        desk.types(ENDPOINT)?;
        desk.presses(&["Tab"])?;
        desk.types(password)?;
        desk.clicks(&Wanted::saying(text("setup.account.advanced")))?;
        fill(desk, "entry", text("vendor.any.base_url.label"), vendor)?;
        pictures.take(desk, "first-run-account").await?;

        desk.presses(&["Return"])?;
        desk.sees(&Wanted::named("heading", text("setup.endpoints.title")))?;
        pictures.take(desk, "first-run-connected").await?;

        desk.presses(&["Return"])?;
        desk.sees(&Wanted::named("heading", text("setup.crm.title")))?;
        desk.clicks(&Wanted::named("radio button", "EspoCRM"))?;
        fill(desk, "entry", text("setup.crm.base_url"), crm)?;
        fill(desk, "password text", text("setup.crm.key"), DEFAULT_API_KEY)?;
        desk.presses(&["Return"])?;
        desk.sees(&Wanted::saying(text("setup.crm.fine")))?;
        pictures.take(desk, "first-run-crm-tried").await?;

        desk.presses(&["Return"])?;
        desk.sees(&Wanted::named("heading", text("setup.ready.title")))?;
        pictures.take(desk, "first-run-ready").await?;
        desk.presses(&["Return"])?;
        desk.wait_until_gone("Timbre")?;
        Ok(())
    }
}

fn fill(desk: &mut Desk, role: &str, name: &str, with: &str) -> Result<(), Trouble> {
    let field = Wanted { role: Some(role), name: Some(name), ..Wanted::default() };
    desk.clicks(&field)?;
    desk.sees(&Wanted { state: Some("focused"), ..field })?;
    desk.presses(&["ctrl+a"])?;
    Ok(desk.types(with)?)
}
