"""Settings that hold for every test."""

from hypothesis import HealthCheck, settings

# Examples write arrays to disk, whose speed says nothing about the code.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")
