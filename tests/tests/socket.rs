//! The local socket, as another program meets it: both sides check the protocol, and no line is left without an answer.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use serde_json::{Value, json};
use timbre_domain::error::ErrorCode;
use timbre_engine::api::command::{self, NAMES};
use timbre_engine::api::socket::{Client, PROTOCOL, Server};
use timbre_tests::story::Story;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};

/// A program that speaks to the socket by itself, line by line.
struct Raw(BufReader<UnixStream>);

impl Raw {
    async fn connect(story: &Story) -> Self {
        Self(BufReader::new(UnixStream::connect(story.data_dir().join("timbre.sock")).await.unwrap()))
    }

    async fn greeted(story: &Story) -> Self {
        let mut raw = Self::connect(story).await;
        let greeting = raw.asks(&json!({"protocol": PROTOCOL})).await.unwrap();
        assert_eq!(greeting["protocol"], PROTOCOL);
        raw
    }

    /// Sends a line and reads the next; nothing where the connection has ended.
    async fn asks(&mut self, line: &Value) -> Option<Value> {
        self.says(&line.to_string()).await;
        self.hears().await
    }

    async fn says(&mut self, line: &str) {
        self.0.get_mut().write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    async fn hears(&mut self) -> Option<Value> {
        let mut line = String::new();
        match self.0.read_line(&mut line).await {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(serde_json::from_str(&line).unwrap()),
        }
    }
}

async fn served() -> (Story, Server) {
    let story = Story::begin().await;
    let server = Server::start(story.context(), &story.data_dir()).unwrap();
    (story, server)
}

#[tokio::test]
async fn a_client_that_speaks_another_protocol_or_none_is_told_so_and_gets_no_further() {
    let (mut story, server) = served().await;
    let old = json!({"id": 1, "command": {"command": "status"}});
    for first in [old, json!({"protocol": PROTOCOL + 1, "version": "9.9.9"}), json!({"protocol": 1})] {
        let mut raw = Raw::connect(&story).await;
        let greeting = raw.asks(&first).await.unwrap();
        assert_eq!(greeting["version"], env!("CARGO_PKG_VERSION"), "it says which version runs");
        let refused = raw.hears().await.unwrap();
        assert_eq!(refused["error"]["error"]["code"], "other_version", "{refused}");
        assert_eq!(raw.hears().await, None, "{first} ends the connection");
    }
    server.stop().await;
    story.stop().await;
}

#[tokio::test]
async fn a_client_refuses_an_engine_that_speaks_another_protocol() {
    let dir = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(dir.path().join("timbre.sock")).unwrap();
    for greeting in
        ["{\"protocol\":999,\"version\":\"9.9.9\"}", "{\"id\":0,\"error\":{\"code\":\"bad_request\",\"detail\":\"?\"}}"]
    {
        let (connected, _) = tokio::join!(Client::connect(dir.path()), async {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(format!("{greeting}\n").as_bytes()).await.unwrap();
            stream
        });
        let refused = connected.map(|_| ()).unwrap_err();
        assert_eq!(refused.code, ErrorCode::OtherVersion, "{greeting}: {refused}");
    }
    drop(listener);
    std::fs::remove_file(dir.path().join("timbre.sock")).unwrap();
    assert!(Client::connect(dir.path()).await.unwrap().is_none(), "where no engine runs there is none to refuse");
}

#[tokio::test]
async fn every_command_is_known_by_its_name_and_an_unknown_one_is_answered_with_the_version() {
    let (mut story, server) = served().await;
    let mut raw = Raw::greeted(&story).await;
    for (id, name) in NAMES.iter().enumerate() {
        // What no command takes shows that its name was understood.
        let answer = raw.asks(&json!({"id": id, "command": name, "input": "nonsense"})).await.unwrap();
        let detail = answer["error"]["error"]["detail"].as_str().unwrap_or_default();
        assert!(!detail.contains("knows no command"), "{name}: {answer}");
    }
    let answer = raw.asks(&json!({"id": 7, "command": "make_coffee"})).await.unwrap();
    assert_eq!((&answer["error"]["id"], &answer["error"]["error"]["place"]), (&json!(7), &json!("command")));
    assert!(answer["error"]["error"]["detail"].as_str().unwrap().contains(env!("CARGO_PKG_VERSION")), "{answer}");
    for malformed in ["no JSON at all", "{\"id\":\"seven\"}", ""] {
        raw.says(malformed).await;
        assert_eq!(raw.hears().await.unwrap()["error"]["error"]["code"], "bad_request", "{malformed}");
    }
    let answer = raw.asks(&json!({"id": 8, "command": "status_show"})).await.unwrap();
    assert_eq!(answer["output"]["id"], 8, "the connection goes on: {answer}");
    server.stop().await;
    story.stop().await;
}

#[tokio::test]
async fn a_client_gets_the_result_of_its_command_and_the_events_beside_it() {
    let (mut story, server) = served().await;
    let mut client = Client::connect(&story.data_dir()).await.unwrap().unwrap();
    client.watch().await.unwrap();
    let status = client.execute(command::StatusShow).await.unwrap();
    assert_eq!(status.accounts.len(), 1);
    let missing =
        client.execute(command::ContactsShow { id: timbre_domain::contact::ContactId(uuid::Uuid::nil()) }).await;
    assert_eq!(missing.unwrap_err().code, ErrorCode::NotFound);
    let edit = timbre_engine::contacts::edit::ContactEdit { name: Some("Ana".into()), ..Default::default() };
    let ana = client.execute(command::ContactsAdd(edit)).await.unwrap();
    assert_eq!(client.execute(command::ContactsShow { id: ana.id }).await.unwrap(), ana);
    server.stop().await;
    story.stop().await;
}

#[tokio::test]
async fn a_client_that_asks_on_and_reads_nothing_is_not_listened_to_and_the_others_are() {
    const TOO_MUCH: usize = 8 * 1024 * 1024;
    let (mut story, server) = served().await;
    let mut deaf = Raw::greeted(&story).await;
    let line = format!("{}\n", json!({"id": 1, "command": "status_show"}));
    let (mut written, mut refused) = (0, 0);
    while refused < 20_000 && written < TOO_MUCH {
        match deaf.0.get_mut().try_write(line.as_bytes()) {
            Ok(bytes) => (written, refused) = (written + bytes, 0),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                refused += 1;
                tokio::task::yield_now().await;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!(written < TOO_MUCH, "it was listened to all the same");
    let mut other = Raw::greeted(&story).await;
    let answer = other.asks(&json!({"id": 2, "command": "status_show"})).await.unwrap();
    assert_eq!(answer["output"]["id"], 2, "{answer}");
    drop(deaf);
    server.stop().await;
    story.stop().await;
}
