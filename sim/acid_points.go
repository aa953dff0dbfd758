package sim

// truths lists the true values of the Float32 points, in the order of
// acidPoints. The laboratory's value is its own truth.
func (a *Acid) truths() [24]float64 {
	st := &a.state
	return [...]float64{
		st.feedFlow, 100 * st.feedStrength, a.lab.known.Strength, st.feedTemp,
		st.shipFlow, 100 * a.stock.strength(), a.stock.temp,
		a.stock.level(), a.stock.temp, a.day.level(), a.day.temp, 100 * a.day.strength(),
		st.stackFlow, st.so2, st.mist,
		st.purgeFlow, 100 * st.purgeStrength, st.purgeTemp,
		st.bedIn, st.beds[0], st.beds[1], st.beds[2],
		st.o2, st.so2In,
	}
}

// acidPoints are the nodes of the acid plant's control system.
func acidPoints() []Point {
	f := func(name, eng string, rel, abs, noise, lag, step float64) Point {
		return Point{Name: name, Node: "acid." + name, Type: Float32, EngUnit: eng, Scale: 1,
			Rel: rel, Abs: abs, noise: noise, lag: lag, step: step}
	}
	shipFlow := f("product_flow", "m3/h", 0.005, 0, 0.02, 1, 0.001)
	shipFlow.least = 0.2 // the meter's low-flow cut-off: no tanker, no flow
	return []Point{
		f("feed_flow", "m3/h", 0.005, 0, 0.005, 1, 0.001),
		f("feed_strength", "%", 0, 0.3, 0.02, 60, 0.01),
		f("feed_strength_lab", "%", 0.003, 0, 0, 0, 0.01),
		f("feed_temp", "°C", 0, 0.3, 0.02, 20, 0.01),
		shipFlow,
		f("product_strength", "%", 0, 0.05, 0.005, 20, 0.001),
		f("product_temp", "°C", 0, 0.3, 0.02, 20, 0.01),
		f("tank_level", "m", 0, 0.005, 0.0005, 5, 0.001), // diameter 10 m
		f("tank_temp", "°C", 0, 0.3, 0.02, 20, 0.01),
		f("day_tank_level", "m", 0, 0.003, 0.0005, 5, 0.001), // diameter 4 m
		f("day_tank_temp", "°C", 0, 0.3, 0.02, 20, 0.01),
		f("day_tank_strength", "%", 0, 0.05, 0.005, 20, 0.001),
		f("stack_flow", "Nm3/h", 0.04, 0, 30, 2, 1),
		f("so2", "mg/Nm3", 0.025, 5, 1.5, 60, 0.1),
		f("mist", "mg/Nm3", 0.15, 0.5, 0.3, 60, 0.1),
		f("purge_flow", "m3/h", 0.005, 0, 0.005, 1, 0.001),
		f("purge_strength", "%", 0.03, 0, 0.02, 20, 0.01),
		f("purge_temp", "°C", 0, 0.3, 0.02, 20, 0.01),
		f("bed1_in_temp", "°C", 0, 2, 0.1, 30, 0.1),
		f("bed1_out_temp", "°C", 0, 2, 0.1, 30, 0.1),
		f("bed2_out_temp", "°C", 0, 2, 0.1, 30, 0.1),
		f("bed3_out_temp", "°C", 0, 2, 0.1, 30, 0.1),
		f("furnace_o2", "%", 0, 0.2, 0.02, 20, 0.01),
		f("so2_in", "%", 0, 0.2, 0.02, 20, 0.01),
		{Name: "heartbeat", Node: "acid.heartbeat", Type: Uint32, EngUnit: "s", Scale: 1},
		{Name: "running", Node: "acid.running", Type: Bool, Scale: 1},
		{Name: "tanker_loading", Node: "acid.tanker_loading", Type: Bool, Scale: 1},
	}
}
