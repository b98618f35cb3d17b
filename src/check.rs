//! `teachers-aide --check`: what is set, where it came from, what is missing,
//! and whether the services answer.
//!
//! It prints no secret, makes no file, signs nobody in and asks the model no
//! question. The tenant is asked with tokens that are made up.

mod probes;
mod tenant;
#[cfg(test)]
#[cfg(feature = "sandbox")]
mod tests;

use std::io::{self, Write};

use crate::{
    clients::http::HttpClients,
    settings::{Environment, Identity, Section, Settings, SettingsFaults, Source, VARIABLES, Variable, shown_value},
    setup::{self, Finding, Mark, Part},
};

/// Checks everything and writes the report; true when the application would work.
pub async fn run(environment: &Environment, out: &mut impl Write) -> io::Result<bool> {
    write_variables(environment, out)?;
    match Settings::read(|name| environment.get(name)) {
        Err(faults) => write_faults(&faults, out).map(|()| false),
        Ok(settings) => write_findings(&findings(&settings).await, out),
    }
}

/// Which settings are set, without what they are set to.
pub fn variables(settings: &Settings) -> Vec<setup::Variable> {
    let variable = |variable: &Variable| {
        let Variable { name, meaning, section, .. } = *variable;
        setup::Variable { name, meaning, section: section.title(), set: settings.set.contains(&name) }
    };
    VARIABLES.iter().map(variable).collect()
}

/// Looks at everything that can be seen without a teacher.
pub async fn findings(settings: &Settings) -> Vec<Finding> {
    let mut findings = probes::at_home(settings);
    match HttpClients::new(&settings.outbound) {
        Ok(clients) => {
            let (sign_in, model) = tokio::join!(
                probes::sign_in(&clients.api, &settings.identity),
                probes::model(&clients.api, &settings.model)
            );
            let answers = sign_in.mark == Mark::Good;
            findings.push(sign_in);
            if let Identity::Auth0(auth0) = &settings.identity
                && answers
            {
                findings.extend(tenant::findings(&clients.api, auth0, &settings.web.public_url).await);
            }
            findings.push(model);
        }
        Err(error) => findings.push(probes::finding(Part::Settings, "Network", Mark::Bad, format!("{error:#}"))),
    }
    findings
}

fn write_variables(environment: &Environment, out: &mut impl Write) -> io::Result<()> {
    let mut section: Option<Section> = None;
    for variable in VARIABLES {
        if section.replace(variable.section) != Some(variable.section) {
            writeln!(out, "\n{}", variable.section.title())?;
        }
        write_variable(environment, variable, out)?;
    }
    for name in environment.unknown() {
        writeln!(out, "\n{} stands in .env, but nothing reads it; is it misspelt?", shown_value(name))?;
    }
    Ok(())
}

fn write_variable(environment: &Environment, variable: &Variable, out: &mut impl Write) -> io::Result<()> {
    let Variable { name, default, meaning, secret, .. } = *variable;
    let value = environment.get(name).filter(|value| !value.trim().is_empty());
    let source = match environment.source(name) {
        Source::Environment => "from the environment",
        Source::DotEnv => "from .env",
        Source::Default => "the default",
    };
    match value {
        Some(_) if secret => writeln!(out, "  {name} = (set, not shown), {source}"),
        Some(value) => writeln!(out, "  {name} = {}, {source}", shown_value(value.trim())),
        None if default.is_empty() => writeln!(out, "  {name} is not set\n      {meaning}."),
        None => writeln!(out, "  {name} = {default:?}, the default"),
    }
}

fn write_faults(faults: &SettingsFaults, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "\n{faults}\n\nNothing was tried; mend the settings first.")
}

fn write_findings(findings: &[Finding], out: &mut impl Write) -> io::Result<bool> {
    writeln!(out, "\nWhat works")?;
    for Finding { about, mark, words, in_terminal, .. } in findings {
        let words = in_terminal.as_ref().unwrap_or(words);
        let mark = match mark {
            Mark::Good => "ok     ",
            Mark::Sandbox => "sandbox",
            Mark::Doubt => "look   ",
            Mark::Bad => "FAILED ",
        };
        writeln!(out, "  {mark}  {about}: {words}")?;
    }
    let works = findings.iter().all(|finding| finding.mark != Mark::Bad);
    let end = if works { "Teacher's Aide can start." } else { "Teacher's Aide would not work like this." };
    writeln!(out, "\n{end}")?;
    Ok(works)
}
