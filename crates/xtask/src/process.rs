//! Running other programs: their output streams through, their exit codes are passed on.

use std::fmt;
use std::io::ErrorKind;
use std::process::{Command, ExitStatus, Stdio};

/// Why a command of ours stopped.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something a person has to put right; the text says what.
    Advice(String),
    /// A program we ran failed, and has said why itself.
    Child { line: String, code: i32 },
    /// A step of `cargo xtask test` failed.
    Step { name: &'static str, seconds: f64, cause: Box<Failure> },
}

impl Failure {
    pub(crate) fn advice(text: impl Into<String>) -> Self {
        Self::Advice(text.into())
    }

    /// The exit code to leave with: that of the program that failed, else 1.
    pub(crate) fn code(&self) -> i32 {
        match self {
            Self::Advice(_) => 1,
            Self::Child { code, .. } => *code,
            Self::Step { cause, .. } => cause.code(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Advice(text) => f.write_str(text),
            Self::Child { line, code } => write!(f, "`{line}` failed with exit code {code}"),
            Self::Step { name, seconds, cause } => write!(
                f,
                "step `{name}` failed after {seconds:.0} s: {cause}\nThis step alone: cargo xtask test --only {name}"
            ),
        }
    }
}

/// Shows the command, runs it to its end with our own input and output, and turns a bad end into a [`Failure`].
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let line = line_of(command);
    println!("$ {line}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::Child { line, code: code_of(status) }),
        Err(error) => Err(not_started(command, &error)),
    }
}

/// What the command prints on standard output, or nothing if it cannot be run or fails. Its complaints are not shown.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn not_started(command: &Command, error: &std::io::Error) -> Failure {
    let program = command.get_program().to_string_lossy();
    match error.kind() {
        ErrorKind::NotFound => Failure::advice(format!("`{program}` was not found; is it on PATH?")),
        _ => Failure::advice(format!("`{program}` could not be started: {error}")),
    }
}

fn line_of(command: &Command) -> String {
    std::iter::once(command.get_program()).chain(command.get_args()).map(|word| word.to_string_lossy()).fold(
        String::new(),
        |mut line, word| {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
            line
        },
    )
}

#[cfg(unix)]
fn code_of(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    // As a shell reports it: a program ended by signal 9 leaves 137.
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1)
}

#[cfg(not(unix))]
fn code_of(status: ExitStatus) -> i32 {
    status.code().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_leaves_with_the_exit_code_of_the_program_that_failed_and_says_how_to_run_it_alone() {
        let cause = Failure::Child { line: "cargo clippy".into(), code: 101 };
        let failure = Failure::Step { name: "lint", seconds: 3.2, cause: Box::new(cause) };

        assert_eq!(failure.code(), 101);
        assert_eq!(
            failure.to_string(),
            "step `lint` failed after 3 s: `cargo clippy` failed with exit code 101\n\
             This step alone: cargo xtask test --only lint"
        );
    }

    #[test]
    fn a_command_is_shown_with_its_arguments() {
        assert_eq!(line_of(Command::new("cargo").args(["fmt", "--check"])), "cargo fmt --check");
    }

    #[cfg(unix)]
    #[test]
    fn the_exit_code_of_a_program_is_passed_on() {
        let failure = run(Command::new("sh").args(["-c", "exit 7"])).unwrap_err();
        assert_eq!(failure.code(), 7);
    }

    #[cfg(unix)]
    #[test]
    fn a_program_ended_by_a_signal_leaves_the_code_a_shell_would_give() {
        let failure = run(Command::new("sh").args(["-c", "kill -9 $$"])).unwrap_err();
        assert_eq!(failure.code(), 137);
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let failure = run(&mut Command::new("timbre-no-such-program")).unwrap_err();
        assert_eq!(failure.to_string(), "`timbre-no-such-program` was not found; is it on PATH?");
    }
}
