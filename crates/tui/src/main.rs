//! tui
#[expect(dead_code, reason = "the verbs that open the screens call it next")]
mod screen;

fn main() {}
