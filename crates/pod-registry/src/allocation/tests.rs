use super::*;

fn pod(name: &str) -> PodName {
    PodName::new(name).expect(name)
}

#[test]
fn version_1_of_an_allocation_stays_readable() {
    let golden = include_str!("../../tests/golden/allocation-1.json");
    let allocation: Allocation = serde_json::from_str(golden).expect("version 1");
    let back = serde_json::to_string(&allocation).expect("no map keys");
    assert_eq!(back, golden.trim_end());
    assert_eq!(allocation.socket, Path::new("/run/user/7/pods/5a.sock"));
    assert!(allocation.segment.is_some());
}

#[test]
fn what_a_newer_version_adds_is_passed_over() {
    let golden = include_str!("../../tests/golden/allocation-1.json");
    let newer = golden.replacen(r#"{"version":1,"#, r#"{"version":2,"mood":["good"],"#, 1);
    let allocation: Allocation = serde_json::from_str(&newer).expect("the same fields");
    assert_eq!((allocation.version, allocation.pod.as_str()), (2, "train"));
}

#[test]
fn a_socket_path_is_short_whatever_the_name() {
    let longest = pod(&"x".repeat(64));
    let runtime = Path::new("/run/user/1000/pods");
    let path = socket_path(runtime, &longest).expect("short");
    assert_eq!(
        path,
        socket_path(runtime, &longest).expect("the same again")
    );
    assert_eq!(
        path.file_name().expect("a file").len(),
        "0123456789abcdef.sock".len()
    );
    assert_ne!(path, socket_path(runtime, &pod("x")).expect("short"));

    let deepest = "/".to_owned() + &"d".repeat(SOCKET_PATH_BYTES_MAX - 23);
    let fits = socket_path(Path::new(&deepest), &longest).expect("just fits");
    assert_eq!(fits.as_os_str().len(), SOCKET_PATH_BYTES_MAX);
    let refusal = socket_path(Path::new(&(deepest + "d")), &longest).expect_err("too deep");
    assert!(matches!(
        refusal,
        RegistryError::SocketPathTooLong { bytes: 100, .. }
    ));
}
