//! How fast large files are read: `cargo test --release -p timbre-interchange --test speed -- --ignored --nocapture`.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use timbre_domain::interchange::ReadOptions;
use timbre_domain::ports::ContactFiles as _;
use timbre_interchange::Files;

const HEADER: &str =
    "Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,Company Name,Contact owner,City,Notes\n";

fn write(path: &Path, rows: u32, encode: impl Fn(&str) -> Vec<u8>, row: impl Fn(u32) -> String, front: &str) {
    let mut out = BufWriter::new(std::fs::File::create(path).unwrap());
    out.write_all(&encode(front)).unwrap();
    for n in 0..rows {
        out.write_all(&encode(&row(n))).unwrap();
    }
    out.flush().unwrap();
}

fn line(n: u32) -> String {
    format!(
        "{n},María José {n},Núñez Solís,maria{n}@cafetalera.example,2{:07},\"+506 8{:03}-{:04}\",\"Cafetalera del Valle, S.A.\",\
         Laura Castillo,San José,Prefiere que la llamen por la tarde\n",
        n % 10_000_000,
        n / 10_000 % 1000,
        n % 10_000
    )
}

fn card(n: u32) -> String {
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:María José {n}\r\nN:Solís;María José {n};;;\r\nORG:Cafetalera del Valle S.A.\r\n\
         TEL;TYPE=CELL:8{n:07}\r\nTEL;TYPE=WORK,VOICE:2{n:07}\r\nEMAIL:maria{n}@cafetalera.example\r\nNOTE:una nota\\, corta\r\n\
         END:VCARD\r\n"
    )
}

fn time(path: &Path) -> (u64, Duration, Duration) {
    let start = Instant::now();
    let layout = Files.inspect(path, &ReadOptions::default()).unwrap();
    let inspected = start.elapsed();
    let start = Instant::now();
    let mut reader = Files.read(path, &layout).unwrap();
    let mut rows = 0;
    while let Some(row) = reader.next_row() {
        assert!(row.unwrap().read.is_ok());
        rows += 1;
    }
    (rows, inspected, start.elapsed())
}

#[test]
#[ignore = "writes 600 MB; says something in release builds alone"]
fn a_million_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large");
    let utf8 = |text: &str| text.as_bytes().to_vec();
    let latin = |text: &str| text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, encode) in [("UTF-8", &utf8 as &dyn Fn(&str) -> Vec<u8>), ("windows-1252", &latin), ("UTF-16", &wide)] {
        write(&path, 1_000_000, encode, line, HEADER);
        println!("CSV in {name}: {:?}", time(&path));
    }
    write(&path, 1_000_000, utf8, card, "");
    println!("vCard: {:?}", time(&path));
}
