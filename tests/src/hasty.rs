//! EspoCRM's connector as it comes with Timbre, but with shorter waits: a real server's minutes would make a demo or a
//! torture an affair of hours.

/// The connector's file with these lines replaced, such as `("timeout_s", "2")`.
///
/// # Errors
/// When the file has no such line: then the waits would be the real ones, unnoticed.
pub fn espocrm(lines: &[(&str, &str)]) -> Result<String, String> {
    let (_, text) = timbre_crm::BUILT_IN.first().ok_or("no connector comes with Timbre")?;
    let mut file: Vec<String> = text.lines().map(str::to_owned).collect();
    for (name, value) in lines {
        let begins = format!("{name} =");
        let mut found = false;
        for line in file.iter_mut().filter(|line| line.starts_with(&begins)) {
            *line = format!("{name} = {value}");
            found = true;
        }
        if !found {
            return Err(format!("the connector's file has no line `{begins} …`"));
        }
    }
    Ok(file.join("\n"))
}
