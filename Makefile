# `make test` sees to an adapter first; ARGS goes to the command behind, as in
#   make demo ARGS="--epochs 1"

.PHONY: demo test test-adapters test-mpi check bench deny soak wheel

# Trains the three models on the demo corpus and compares them.
demo:
	@sh scripts/demo.sh $(ARGS)

# All checks and all tests.
test:
	@sh scripts/test.sh $(ARGS)

# The tests that need a device, on every adapter of this machine and one more that is fetched.
test-adapters:
	@sh scripts/test-adapters.sh $(ARGS)

# One training on several ranks, under mpirun; on Debian it installs OpenMPI and libclang where it may.
test-mpi:
	@sh scripts/test-mpi.sh $(ARGS)

# Format, lints and documentation.
check:
	@sh scripts/check.sh

# Times a training step of each variant.
bench:
	@sh scripts/bench.sh $(ARGS)

# Licences, sources and known weaknesses of the libraries; needs cargo-deny, and the network for weaknesses.
deny:
	@sh scripts/deny.sh

# Trains 2,000 steps, and says whether memory and the time of a step stay flat.
soak:
	@sh scripts/soak.sh $(ARGS)

# Builds the Python wheel that carries the program, and tries it in a fresh virtual environment.
wheel:
	@sh scripts/wheel.sh $(ARGS)
