"""How promptly and wholly answers are delivered, scene by scene, beside a bare loop in the same run."""
