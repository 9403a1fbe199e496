//! Everything that fuzzing has kept, and every crash that it has found, once more.

use std::{fs, path::Path};

use fuzz_targets::TARGETS;

#[test]
fn the_corpus_passes() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (name, target) in TARGETS {
        let inputs = fs::read_dir(corpus.join(name)).expect("every target has a corpus");
        let mut count = 0;
        for input in inputs {
            let path = input.expect("a readable directory").path();
            // The harness of the tests shows it if the target panics.
            println!("{}", path.display());
            target(&fs::read(&path).expect("a readable input"));
            count += 1;
        }
        assert!(count > 0, "{name} has no corpus");
    }
}
