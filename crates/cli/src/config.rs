//! `timbrectl config`: the settings file.

use timbre_engine::config::{EXAMPLE, Settings};
use timbre_wiring::{StartError, folders};

use crate::args::{Args, Config};
use crate::exit::Failure;
use crate::print::Printer;

pub(crate) fn run(args: &Args, config: &Config, printer: &Printer) -> Result<(), Failure> {
    match config {
        Config::Example => {
            let _ = printer.raw(EXAMPLE);
            Ok(())
        }
        Config::Check => {
            let file = args.config.clone().or_else(folders::config_file).ok_or(StartError::NoFolder)?;
            let settings = Settings::load(&file).map_err(StartError::from)?;
            timbre_wiring::connectors::check(&settings).map_err(StartError::from)?;
            let _ = printer.checked(&file, &settings);
            Ok(())
        }
    }
}
