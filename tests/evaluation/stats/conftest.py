from hypothesis import HealthCheck, settings

# A slow machine fails no test, and every run tries the same examples.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")
