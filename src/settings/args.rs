//! The flags of `serve`, each beside the variable of the same meaning.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use clap::Args;

/// A flag's value that must never be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The value itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Flags of `serve`. All stay text here: [`super::Settings::read`] reads them together with the
/// environment, so that every mistake is reported at once.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "A flag wins over its variable, and a variable over its default; an empty \
variable counts as not set. Variables are also read from a file `.env` in the working directory, \
where the environment does not set them.")]
pub struct ServeArgs {
    /// Bearer tokens that NSPS may show, comma-separated (several for rotation). Other users of
    /// the machine can see flags: prefer the variable or the file. Required, unless a file is
    /// given [env: API_TOKEN]
    #[arg(long, value_name = "TOKENS")]
    pub api_token: Option<Secret>,

    /// File with those tokens, one a line or comma-separated, read again on reload
    /// [env: API_TOKEN_FILE]
    #[arg(long, value_name = "FILE")]
    pub api_token_file: Option<String>,

    /// Address to accept events at [env: LISTEN] [default: 0.0.0.0:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,

    /// Port to accept events at, on all IPv4 addresses; an address to listen at wins
    /// [env: PORT] [default: 8080]
    #[arg(long, value_name = "PORT")]
    pub port: Option<String>,

    /// File with the certificate to serve HTTPS with, and those of its issuers after it, in PEM form; read
    /// again on reload. Without it, HTTP is served [env: TLS_CERT]
    #[arg(long, value_name = "FILE")]
    pub tls_cert: Option<String>,

    /// File with the private key of that certificate, unencrypted, in PEM form; read again on reload
    /// [env: TLS_KEY]
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<String>,

    /// Directory of mapping files [env: MAPPINGS] [default: ./mappings]
    #[arg(long, value_name = "DIRECTORY")]
    pub mappings: Option<String>,

    /// Paths that accept events, comma-separated
    /// [env: EVENT_PATHS] [default: /,/process-event,/api/events]
    #[arg(long, value_name = "PATHS")]
    pub event_paths: Option<String>,

    /// The longest that an event may take, retries included [env: EVENT_DEADLINE] [default: 25s]
    #[arg(long, value_name = "DURATION")]
    pub event_deadline: Option<String>,

    /// Largest accepted request body [env: MAX_BODY] [default: 4MiB]
    #[arg(long, value_name = "SIZE")]
    pub max_body: Option<String>,

    /// Events at once; past it the answer is 503. A target that hangs takes no more than half of them if
    /// there are others [env: MAX_IN_FLIGHT] [default: 1024]
    #[arg(long, value_name = "NUMBER")]
    pub max_in_flight: Option<String>,

    /// Bytes of event bodies at once; past it the answer is 503. They are shared like the events
    /// [env: MAX_IN_FLIGHT_BYTES] [default: 64MiB]
    #[arg(long, value_name = "SIZE")]
    pub max_in_flight_bytes: Option<String>,

    /// Events to take, a second (`100`, `100/s`) or a minute (`600/m`), after a pause up to a second's
    /// worth at once; past it the answer is 429 [env: RATE_LIMIT] [default: off]
    #[arg(long, value_name = "RATE")]
    pub rate_limit: Option<String>,

    /// How long events are still accepted after SIGTERM, for load balancers to notice
    /// [env: SHUTDOWN_DELAY] [default: 5s]
    #[arg(long, value_name = "DURATION")]
    pub shutdown_delay: Option<String>,

    /// How long events in flight may then take to finish [env: SHUTDOWN_GRACE] [default: 30s]
    #[arg(long, value_name = "DURATION")]
    pub shutdown_grace: Option<String>,

    /// Least severe records to log: error, warning, info or debug
    /// [env: LOG_LEVEL] [default: info]
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<String>,

    /// How the log shows identifiers of subscribers: full, masked or off
    /// [env: LOG_IDENTIFIERS] [default: masked]
    #[arg(long, value_name = "HOW")]
    pub log_identifiers: Option<String>,

    /// Threads that take requests and run events: a number, or `cores` [env: WORKERS] [default: cores]
    #[arg(long, value_name = "NUMBER")]
    pub workers: Option<String>,

    /// Run the tests of the mappings (`*.test.yaml`) at start and on each reload: mappings of which a
    /// test fails do not go live [env: TEST_ON_RELOAD] [default: false]
    #[arg(long)]
    pub test_on_reload: bool,

    /// Reload when a file in the directory of mappings changes
    #[arg(long)]
    pub watch: bool,
}
