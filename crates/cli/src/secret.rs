//! `timbrectl secret`: accounts' passwords and CRMs' keys in the keyring. They are never taken from the command line, where others can see them.

use std::io::{BufRead as _, IsTerminal as _};

use secrecy::SecretString;
use timbre_domain::error::PortError;
use timbre_platform::secrets::{Secrets, SharedRedactor};
use timbre_wiring::StartError;

use crate::args::{Args, Secret};
use crate::exit::Failure;
use crate::print::Printer;

pub(crate) async fn run(
    _args: &Args,
    secret: &Secret,
    printer: &Printer,
    redactor: SharedRedactor,
) -> Result<(), Failure> {
    let secrets = Secrets::new(redactor);
    let failed = |error: PortError| Failure::from(StartError::from(error));
    match secret {
        Secret::Set { name } => {
            let password = read_password(name.as_str()).map_err(|error| Failure::internal(error.to_string()))?;
            secrets.set_password(name, password).await.map_err(failed)?;
        }
        Secret::Forget { name } => secrets.forget_password(name).await.map_err(failed)?,
    }
    let _ = printer.done();
    Ok(())
}

fn read_password(name: &str) -> std::io::Result<SecretString> {
    if std::io::stdin().is_terminal() {
        return rpassword::prompt_password(format!("{name}: ")).map(SecretString::from);
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "there is no password on standard input"));
    }
    Ok(SecretString::from(password))
}
