//! An authorization server that nobody here wrote (`oidc-provider`), with a resource behind it that
//! takes its tokens. `./test` installs it; what is set up of it stands in tests/oauth/server.mjs.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::client;
use super::lines::Lines;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The secret of both of its clients, `nsps:basic` and `nsps:body`.
pub const CLIENT_SECRET: &str = "a secret/with+all: that=needs%encoding";

/// The password of its user `nsps`.
pub const PASSWORD: &str = "pa ss&word=of+user";

/// A running server; killed when dropped.
pub struct AuthorizationServer {
    process: Child,
    address: SocketAddr,
}

impl AuthorizationServer {
    /// Its tokens live for so many seconds; assertions are verified with a public key in PEM form.
    pub fn start(life: u32, key: &Path) -> Self {
        let packages = Path::new(ROOT).join(".tools/oauth");
        assert!(
            packages.join("node_modules").exists(),
            "{} is missing; run `./test` once: it installs it",
            packages.display()
        );
        let program = File::open(Path::new(ROOT).join("tests/oauth/server.mjs")).unwrap();
        let mut process = Command::new("node")
            .args(["--input-type=module", "-", &life.to_string()])
            .arg(key)
            .current_dir(packages)
            .stdin(program)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (stdout, stderr) = (Lines::default(), Lines::default());
        stdout.collect(process.stdout.take().unwrap());
        stderr.collect(process.stderr.take().unwrap());
        let port = stdout.wait(super::SOON, |line| line.parse().ok());
        let port: u16 = port.unwrap_or_else(|| panic!("it does not start: {:?}", stderr.all()));
        Self { process, address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)) }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often a token was given for this grant.
    pub fn granted(&self, grant: &str) -> u64 {
        self.seen()["granted"][grant].as_u64().unwrap_or_default()
    }

    /// Why tokens were not given.
    pub fn refused(&self) -> Value {
        self.seen()["refused"].clone()
    }

    /// What requests to the resource were answered, in order.
    pub fn of_resource(&self) -> Value {
        self.seen()["resource"].clone()
    }

    /// Takes every access token back.
    pub fn revoke(&self) {
        let answer = client::send(self.address, "POST", "/control/revoke", &[], b"");
        assert_eq!(answer.status, 200);
    }

    fn seen(&self) -> Value {
        client::send(self.address, "GET", "/control", &[], b"").json()
    }
}

impl Drop for AuthorizationServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
