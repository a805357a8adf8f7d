"""The steps of a sweep: laid out, looked at while it goes on, analysed and published."""
