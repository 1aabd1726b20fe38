//! `new`: a mapping to begin with, and its test. Both pass as written.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::output::{complain, say};
use super::{Exit, defaults};
use crate::mapping;
use crate::verify;

/// The name that stands in the templates.
const NAME: &str = "acme";
const MAPPING: &str = include_str!("new/acme.yaml");
const TEST: &str = include_str!("new/acme.test.yaml");

/// Where the commands of the templates look for them.
const DIRECTORY: &str = " mappings/";

/// Beside the mappings, where their first line leads an editor to. The loader reads no folders.
const SCHEMAS: &str = ".schemas";

#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// What the mapping is called, and its target: `a-z`, `0-9` and `-`
    #[arg(value_parser = name)]
    name: String,

    /// Directory of mapping files [env: MAPPINGS] [default: ./mappings]
    #[arg(long, value_name = "DIRECTORY")]
    dir: Option<PathBuf>,
}

fn name(text: &str) -> Result<String, String> {
    match mapping::is_kebab_name(text) {
        true => Ok(text.to_owned()),
        false => {
            Err("names are made of `a-z`, `0-9` and `-`, and do not begin with `-`".to_owned())
        }
    }
}

pub(super) fn run(arguments: &NewArgs) -> Exit {
    let environment = match defaults::environment(None) {
        Ok(environment) => environment,
        Err(exit) => return exit,
    };
    let directory = defaults::mappings(arguments.dir.as_deref(), &environment);
    match write(&directory, &arguments.name) {
        Ok(files) => {
            for file in files {
                say(format_args!("wrote {}", file.display()));
            }
            let mapping = directory.join(format!("{}.yaml", arguments.name));
            say(format_args!("next: nsps-connector test {}", mapping.display()));
            Exit::Success
        }
        Err((file, error)) => {
            complain(format_args!("nsps-connector: {}: {error}", file.display()));
            Exit::Unable
        }
    }
}

/// Writes both files or none, and never over one that is there; schemas are ours, and made anew.
fn write(directory: &Path, name: &str) -> Result<[PathBuf; 2], (PathBuf, io::Error)> {
    let schemas = directory.join(SCHEMAS);
    fs::create_dir_all(&schemas).map_err(|error| (schemas.clone(), error))?;
    let [mapping, test] = ["yaml", "test.yaml"].map(|end| directory.join(format!("{name}.{end}")));
    let text =
        |template| named(template, name).replace(DIRECTORY, &format!(" {}/", directory.display()));
    create(&mapping, &text(MAPPING)).map_err(|error| (mapping.clone(), error))?;
    if let Err(error) = create(&test, &text(TEST)) {
        // What is left behind would be a mapping without its test.
        let _ = fs::remove_file(&mapping);
        return Err((test, error));
    }
    for (file, schema) in [("mapping", mapping::schema()), ("test", verify::schema())] {
        let file = schemas.join(format!("{file}.schema.json"));
        fs::write(&file, format!("{schema:#}\n")).map_err(|error| (file, error))?;
    }
    Ok([mapping, test])
}

fn create(file: &Path, text: &str) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(file)?.write_all(text.as_bytes())
}

/// A template under another name, with variables to match.
fn named(template: &str, name: &str) -> String {
    let mut variable = name.to_uppercase().replace('-', "_");
    if variable.starts_with(|first: char| first.is_ascii_digit()) {
        variable.insert(0, '_');
    }
    template.replace(&NAME.to_uppercase(), &variable).replace(NAME, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_takes_the_name_in_every_place() {
        let text = named("acme: ${ACME_URL} acme.test", "my-2nd");
        assert_eq!(text, "my-2nd: ${MY_2ND_URL} my-2nd.test");
        assert_eq!(named("${ACME_URL}", "3gpp"), "${_3GPP_URL}", "no variable begins with a digit");
    }

    #[test]
    fn a_name_that_contains_the_one_of_the_templates_is_taken_once() {
        assert_eq!(named("acme ACME_URL", "acme-eu"), "acme-eu ACME_EU_URL");
    }
}
