//! What is shown beneath a row, without attaching.

use bytes::Bytes;
use discovery::{Peek, PeekedOutput};
use pod_protocol::{PendingPrompt, PromptKind};

use super::*;

fn look(pod: &str) -> [Effect; 1] {
    [Effect::Order(Order::Peek(name(pod)))]
}

fn seen(output: &str) -> Peek {
    let bytes = Bytes::copy_from_slice(output.as_bytes());
    Peek {
        output: vec![PeekedOutput {
            from: Offset(0),
            bytes,
            begins_segment: false,
        }],
        ..Peek::default()
    }
}

fn asking(title: &str) -> PendingPrompt {
    PendingPrompt {
        prompt: SESSION.parse().expect("a UUID"),
        kind: PromptKind::Confirm,
        title: title.to_owned(),
        asked_at: ago(40),
        deadline: None,
    }
}

fn answer(model: &mut Model, pod: &str, peek: Peek) -> Vec<Effect> {
    update(model, Msg::Peeked(name(pod), Ok(peek)))
}

#[test]
fn tab_shows_what_was_said_and_tab_or_esc_hides_it() {
    for closing in [KeyCode::Tab, KeyCode::Esc] {
        let mut model = picker(&list(rows()), 80, 24);
        let before = shown(&model);
        assert_eq!(code(&mut model, KeyCode::Tab), look("train-resnet"));
        let loading = shown(&model);
        assert!(
            loading.contains("session …a1c293f7 · segment …a1c293f7"),
            "{loading}"
        );
        let peek = Peek {
            prompts: vec![asking("is the LED green?"), asking("and now?")],
            ..seen("epoch 1\nepoch 2\n\u{1b}[31mepoch 3\u{1b}[0m\n\n")
        };
        assert_eq!(answer(&mut model, "train-resnet", peek), []);
        let screen = shown(&model);
        for line in ["? is the LED green?  (+1 more)", "   epoch 2", "   epoch 3"] {
            assert!(screen.contains(line), "{screen}");
        }
        let place = |screen: &str| screen.lines().position(|line| line.contains("hil-board-3"));
        assert_eq!(place(&screen), place(&loading), "loading moves nothing");
        assert!(screen.contains("esc close"), "{screen}");
        assert_eq!(code(&mut model, closing), []);
        assert_eq!(shown(&model), before);
    }
    let mut model = picker(&list(rows()), 80, 24);
    code(&mut model, KeyCode::Tab);
    assert_eq!(press(&mut model, Chord::ctrl('c')), [Effect::Leave]);
}

#[test]
fn a_peek_goes_with_the_selection_one_look_at_a_time() {
    let mut model = picker(&list(rows()), 80, 24);
    code(&mut model, KeyCode::Tab);
    for _ in 0..3 {
        assert_eq!(code(&mut model, KeyCode::Down), [], "one is under way");
    }
    assert_eq!(selected(&model), Some("eval-gemma"));
    let next = answer(&mut model, "train-resnet", seen("of another\n"));
    assert_eq!(next, look("eval-gemma"));
    assert!(!shown(&model).contains("of another"));
    assert_eq!(answer(&mut model, "eval-gemma", seen("of this\n")), []);
    assert!(shown(&model).contains("of this"));
}

#[test]
fn a_live_run_is_looked_at_again_when_the_list_changes() {
    let mut model = picker(&list(rows()), 80, 24);
    code(&mut model, KeyCode::Tab);
    answer(&mut model, "train-resnet", seen("one\n"));
    let again = update(&mut model, Msg::List(listing(rows())));
    assert_eq!(again, look("train-resnet"));
    assert!(shown(&model).contains("one"), "until there is more");
    answer(&mut model, "train-resnet", seen("one\ntwo\n"));
    assert!(shown(&model).contains("two"));

    model.select_at(4);
    update(&mut model, Msg::Clock(now()));
    answer(&mut model, "build-docs", seen("built\n"));
    assert_eq!(
        update(&mut model, Msg::List(listing(rows()))),
        [],
        "it is over"
    );
}

#[test]
fn a_peek_that_finds_nothing_says_so() {
    let mut model = picker(&list(rows()), 80, 24);
    code(&mut model, KeyCode::Tab);
    answer(&mut model, "train-resnet", Peek::default());
    assert!(shown(&model).contains("no output"));
    let refused = Msg::Peeked(name("train-resnet"), Err("it is \u{1b}gone".to_owned()));
    update(&mut model, refused);
    assert!(shown(&model).contains("! it is"), "{}", shown(&model));
    type_text(&mut model, "zzz");
    assert_eq!(code(&mut model, KeyCode::Tab), [], "nothing is selected");
}

#[test]
fn a_picker_with_a_peek_takes_at_most_fourteen_lines() {
    for count in [1, 3, 15] {
        let mut few = rows();
        few.truncate(count);
        let mut model = picker(&list(few), 80, 24);
        code(&mut model, KeyCode::Tab);
        assert!((10..=14).contains(&model.rows_wanted()), "{count} rows");
    }
}

#[test]
fn all_keys_are_one_key_away() {
    let mut model = picker(&list(rows()), 80, 24);
    press(&mut model, Chord::character('?'));
    let screen = shown(&model);
    for key in ["ctrl-d", "ctrl-r", "ctrl-l", "pgdn"] {
        assert!(screen.contains(key), "{screen}");
    }
    press(&mut model, Chord::character('q'));
    assert_eq!(model.filter.value(), "", "that key only ended the help");
    type_text(&mut model, "a?");
    assert_eq!(model.filter.value(), "a?");
}

#[test]
fn a_peek_on_screen() {
    assert_screens("peek", &list(rows()), |model| {
        code(model, KeyCode::Tab);
        let rows = model.rows_wanted();
        if model.size.width > 40 {
            update(model, Msg::Resized(Size::new(model.size.width, rows)));
        }
        code(model, KeyCode::Down);
        let output: String = (0..40)
            .map(|line| format!("measured {line} of 40\n"))
            .collect();
        let peek = Peek {
            prompts: vec![asking("is the LED green?")],
            ..seen(&output)
        };
        answer(model, "train-resnet", Peek::default());
        answer(model, "hil-board-3", peek);
    });
}

#[test]
fn help_on_screen() {
    assert_screens("help", &list(rows()), |model| {
        drop(code(model, KeyCode::F(1)));
    });
}
