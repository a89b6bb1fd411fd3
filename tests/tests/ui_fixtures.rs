//! The UI's stand-in program shows a world that the engine made, and it is up to date.
//!
//! `TIMBRE_WRITE_FIXTURES=1 cargo test -p timbre-tests --test ui_fixtures` writes it anew.

use std::fs;
use std::path::Path;

/// Where the front end keeps it.
const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/src/host/fake/world");

#[tokio::test]
async fn the_front_end_is_tried_out_with_what_the_engine_answers_now() {
    let made = timbre_tests::office_day::lived().await;
    let folder = Path::new(COMMITTED);
    if std::env::var_os("TIMBRE_WRITE_FIXTURES").is_some() {
        fs::create_dir_all(folder).unwrap();
        for (name, text) in &made {
            fs::write(folder.join(name), text).unwrap();
        }
    }
    for (name, text) in &made {
        // A check-out on Windows may have turned the line ends.
        let committed = fs::read_to_string(folder.join(name)).unwrap_or_default().replace("\r\n", "\n");
        let differs = committed.lines().zip(text.lines()).enumerate().find(|(_, (was, is))| was != is);
        assert_eq!((differs, committed.len()), (None, text.len()), "{name}: run again with TIMBRE_WRITE_FIXTURES=1");
    }
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let strange: Vec<_> = files.filter(|name| !made.contains_key(name)).collect();
    assert_eq!(strange, [""; 0], "nothing makes these files");
}
