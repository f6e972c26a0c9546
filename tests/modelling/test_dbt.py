def test_build(built):
    print(built.outcome.counts(), built.outcome.seconds)
    for n in sorted(built.outcome.nodes, key=lambda n: -n.seconds)[:10]: print(n.name, n.seconds)
