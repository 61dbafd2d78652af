from services.kernel.migration import run

run()
