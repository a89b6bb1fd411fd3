use std::io::{self, BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// The lines a program prints, read with a limit on the patience.
#[derive(Debug)]
pub struct Lines {
    lines: Receiver<(Instant, String)>,
}

impl Lines {
    /// Reads a program's output in the background until it ends.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn of(output: impl Read + Send + 'static) -> io::Result<Self> {
        let (sender, lines) = channel();
        std::thread::Builder::new().name("lines".to_owned()).spawn(move || {
            // Reading goes on when nobody listens any more: a full pipe would stop the program.
            let lines = BufReader::new(output).lines().map_while(Result::ok);
            lines.for_each(|line| drop(sender.send((Instant::now(), line))));
        })?;
        Ok(Self { lines })
    }

    /// The next line.
    ///
    /// # Errors
    /// When none comes in time, or the output ends.
    pub fn next_within(&self, patience: Duration) -> io::Result<String> {
        self.timed_within(patience).map(|(_, line)| line)
    }

    /// The next line, and when it came; it may have lain here since.
    ///
    /// # Errors
    /// When none comes in time ([`io::ErrorKind::TimedOut`]), or the output ends ([`io::ErrorKind::UnexpectedEof`]).
    pub fn timed_within(&self, patience: Duration) -> io::Result<(Instant, String)> {
        self.lines.recv_timeout(patience).map_err(|error| match error {
            RecvTimeoutError::Timeout => io::Error::from(io::ErrorKind::TimedOut),
            RecvTimeoutError::Disconnected => io::Error::from(io::ErrorKind::UnexpectedEof),
        })
    }

    /// What the first line brings that is looked for; the lines before it are passed over.
    ///
    /// # Errors
    /// When none comes in time, or the output ends.
    pub fn until<T>(&self, patience: Duration, mut found: impl FnMut(&str) -> Option<T>) -> io::Result<T> {
        let deadline = Instant::now() + patience;
        loop {
            let line = self.next_within(deadline.saturating_duration_since(Instant::now()))?;
            if let Some(found) = found(&line) {
                return Ok(found);
            }
        }
    }

    /// Everything that is still to come, until the output ends.
    ///
    /// # Errors
    /// When it does not end in time.
    pub fn all(&self, patience: Duration) -> io::Result<String> {
        let mut text = String::new();
        let ended = self.until::<()>(patience, |line| {
            text.push_str(line);
            text.push('\n');
            None
        });
        match ended {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(text),
            Err(error) => Err(error),
            Ok(()) => Ok(text),
        }
    }

    /// Waits until the output ends, which is when everybody who could write to it has.
    ///
    /// # Errors
    /// When it does not end in time.
    pub fn end(&self, patience: Duration) -> io::Result<()> {
        self.all(patience).map(drop)
    }
}
