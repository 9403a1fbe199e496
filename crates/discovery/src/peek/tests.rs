use pod_protocol::{Event, Outcome, PromptAsked, PromptKind, Seq};

use super::*;
use crate::{
    fixtures::{Log, World, at, ended, pod, segment},
    look_up,
};

async fn peek_at(world: &World, name: &str) -> Peek {
    let row = look_up(&world.roots, &pod(name), crate::ANSWER_DEADLINE).await;
    let peeked = peek(&world.roots, &row.expect("a row")).await;
    peeked.expect("readable")
}

fn text(peek: &Peek) -> String {
    let bytes: Vec<u8> = peek
        .output
        .iter()
        .flat_map(|piece| piece.bytes.to_vec())
        .collect();
    String::from_utf8(bytes).expect("text")
}

fn asked() -> Event {
    Event::PromptAsked(PromptAsked {
        prompt: "019e5bc6-c3f3-7000-8000-000000000009"
            .parse()
            .expect("a UUID"),
        prompt_kind: PromptKind::Confirm,
        title: "is the LED green?".to_owned(),
        message: None,
        deadline: None,
    })
}

#[tokio::test]
async fn the_end_of_the_output_is_seen_through_segments_and_nothing_is_written() {
    let world = World::new();
    let session = world.launch("a", 1);
    let first = Log {
        output: b"one\ntwo\n",
        ..Log::of("a", session, segment(1))
    };
    world.segment(&first);
    let second = Log {
        ordinal: 2,
        previous: Some(segment(1)),
        first_seq: Seq(3),
        out_base: Offset(8),
        events: ended(0, Outcome::Passed),
        output: b"three\n",
        ..Log::of("a", session, segment(2))
    };
    world.segment(&second);
    world.remember("a", Some((session, Some(segment(2)))));
    let before = world.files();
    assert_eq!(text(&peek_at(&world, "a").await), "one\ntwo\nthree\n");
    assert_eq!(world.files(), before);
}

#[tokio::test]
async fn of_much_output_only_the_end_is_read() {
    let world = World::new();
    let output = vec![b'x'; 100_000];
    world.run("a", 1, ended(0, Outcome::Passed), &output);
    assert_eq!(text(&peek_at(&world, "a").await).len(), PEEK_BYTES as usize);
}

#[tokio::test]
async fn a_question_waits_only_while_a_host_is_alive() {
    let world = World::new();
    world.run("a", 1, vec![asked()], b"");
    assert_eq!(peek_at(&world, "a").await.prompts, []);
    let lease = world.lease("a", at(0));
    world.allocate(&lease);
    let prompts = peek_at(&world, "a").await.prompts;
    let titles: Vec<&str> = prompts.iter().map(|prompt| prompt.title.as_str()).collect();
    assert_eq!(titles, ["is the LED green?"]);
}

#[tokio::test]
async fn a_run_without_a_segment_has_nothing_to_see() {
    let world = World::new();
    let session = world.launch("a", 1);
    world.remember("a", Some((session, None)));
    let row = look_up(&world.roots, &pod("a"), crate::ANSWER_DEADLINE).await;
    assert!(peek(&world.roots, &row.expect("a row")).await.is_err());
    let lease = world.lease("a", at(0));
    world.allocate(&lease);
    assert_eq!(peek_at(&world, "a").await, Peek::default());
}
