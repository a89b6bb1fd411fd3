//! `timbrectl config`: the settings file.

use timbre_domain::error::ErrorCode;
use timbre_platform::folders;
use timbre_settings::{Settings, example};
use timbre_wiring::{StartError, vendors};

use crate::args::{Args, Config};
use crate::exit::Failure;
use crate::print::Printer;

pub(crate) fn run(args: &Args, config: &Config, printer: &Printer) -> Result<(), Failure> {
    match config {
        Config::Example { vendor } => {
            let is_it = |known: &&&timbre_domain::vendor::VendorDescription| {
                vendor.as_deref().is_none_or(|vendor| vendor == known.id.as_str())
            };
            let Some(known) = vendors().iter().find(is_it) else {
                let known: Vec<_> = vendors().iter().map(|vendor| vendor.id.as_str()).collect();
                let detail = format!("there is no such vendor; there are: {}", known.join(", "));
                return Err(Failure::of(ErrorCode::NotFound, detail));
            };
            let _ = printer.raw(&example(known.example));
            Ok(())
        }
        Config::Check => {
            let file = args.config.clone().or_else(folders::config_file).ok_or(StartError::NoFolder)?;
            let settings = Settings::load(&file, vendors()).map_err(StartError::from)?;
            timbre_wiring::connectors::check(&settings).map_err(StartError::from)?;
            let _ = printer.checked(&file, &settings);
            Ok(())
        }
    }
}
