"""What traffic detectors will read in the next hour: ``fit`` on their history, ``Forecaster.predict``, ``backtest``."""
