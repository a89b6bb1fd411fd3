//! Tells Tauri which commands exist and which window may use which: the rights come from the list in `commands/list.rs`.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

struct Window {
    name: &'static str,
    label: &'static str,
    more: &'static [&'static str],
    about: &'static str,
}

/// A command and the windows that may use it.
type Right = (&'static str, &'static [&'static str]);

macro_rules! windows {
    (
        windows { $($window:ident $label:literal [$($more:literal),*] $about:literal;)* }
        engine { $([$($for_engine:ident),+] $engine:ident: $command:ident;)* }
        shell { $([$($for_shell:ident),+] $kind:ident fn $shell:ident($($arg:ident: $type:ty),* $(,)?) $(-> $output:ty)?;)* }
        events { $([$($told:ident),+] $event:ident: $payload:ty;)* }
    ) => {
        const WINDOWS: &[Window] = &[
            $(Window { name: stringify!($window), label: $label, more: &[$($more),*], about: $about }),*
        ];
        const RIGHTS: &[Right] = &[
            $((stringify!($engine), &[$(stringify!($for_engine)),+]),)*
            $((stringify!($shell), &[$(stringify!($for_shell)),+]),)*
        ];
    };
}

include!("src/commands/list.rs");

/// A window's capability file, as Tauri reads it.
fn capability(window: &Window) -> String {
    let listens = ["core:event:allow-listen", "core:event:allow-unlisten"];
    let mut permissions: Vec<String> = listens.iter().chain(window.more).map(ToString::to_string).collect();
    let allowed = RIGHTS.iter().filter(|(_, windows)| windows.contains(&window.name));
    permissions.extend(allowed.map(|(command, _)| format!("allow-{}", command.replace('_', "-"))));
    let Window { name, label, about, .. } = window;
    serde_json::json!({ "identifier": name, "description": about, "windows": [label], "permissions": permissions })
        .to_string()
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=src/commands/list.rs");
    let folder = Path::new(&std::env::var("OUT_DIR")?).join("window-capabilities");
    std::fs::create_dir_all(&folder)?;
    let files: BTreeMap<_, _> =
        WINDOWS.iter().map(|window| (folder.join(format!("{}.json", window.name)), capability(window))).collect();
    for entry in std::fs::read_dir(&folder)? {
        let path = entry?.path();
        // A window that is no longer in the list has no rights left.
        if !files.contains_key(&path) {
            std::fs::remove_file(path)?;
        }
    }
    for (file, text) in files {
        // A file that is written anew each time would have everything built again.
        if std::fs::read_to_string(&file).ok().as_ref() != Some(&text) {
            std::fs::write(file, text)?;
        }
    }
    let commands: Vec<&'static str> = RIGHTS.iter().map(|(command, _)| *command).collect();
    let pattern = folder.join("*.json").to_str().ok_or("the build folder's name is not UTF-8")?.to_owned();
    let manifest = tauri_build::AppManifest::new().commands(commands.leak());
    let attributes = tauri_build::Attributes::new().app_manifest(manifest);
    tauri_build::try_build(attributes.capabilities_path_pattern(pattern.leak()))?;
    Ok(())
}
