//! Tells Tauri which commands exist, so that each window's capability file grants them one by one.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    const COMMANDS: &[&str] = &["popup_ready", "popup_filled", "popup_painted", "popup_close"];
    tauri_build::try_build(
        tauri_build::Attributes::new().app_manifest(tauri_build::AppManifest::new().commands(COMMANDS)),
    )?;
    Ok(())
}
